namespace Gemma4.Safety.Detection.PersonalData;

internal static partial class RecogniserTable
{
    private static IEnumerable<Recogniser> AsiaPacific() =>
    [
        new("in-aadhaar", "IN_AADHAAR", ["9999_9999_9999"], AsiaPacificChecks.IndianAadhaar, 0.7, 1, ["aadhaar", "aadhar", "uidai", "आधार"]),
        new("in-aadhaar-plain", "IN_AADHAAR", ["999999999999"], AsiaPacificChecks.IndianAadhaar, 0, 1, ["aadhaar", "aadhar", "uidai", "आधार"]),
        new("in-pan", "IN_PAN", ["AAAAA9999A"], AsiaPacificChecks.IndianPan, 0.6, 0.95, ["pan", "income tax", "permanent account"]),
        new("au-tfn", "AU_TFN", ["999 999 999"], AsiaPacificChecks.AustralianTfn, 0, 1, ["tfn", "tax file"]),
        new("au-abn", "AU_ABN", ["99 999 999 999"], AsiaPacificChecks.AustralianAbn, 0, 1, ["abn", "business number"]),
        new("au-medicare", "AU_MEDICARE", ["9999 99999 9", "9999 99999 99"], AsiaPacificChecks.AustralianMedicare, 0, 1, ["medicare"]),
        new("nz-ird", "NZ_IRD", ["99-999-999", "999-999-999", "99999999", "999999999"], AsiaPacificChecks.NewZealandIrd, 0, 1, ["ird", "inland revenue"]),
        new("sg-nric", "SG_NRIC", ["A9999999A"], AsiaPacificChecks.SingaporeNric, 0.9, 1, ["nric", "fin"]),
        new("jp-my-number", "JP_MY_NUMBER", ["9999 9999 9999"], AsiaPacificChecks.JapaneseMyNumber, 0, 1, ["my number", "マイナンバー", "個人番号"]),
        new("kr-rrn", "KR_RRN", ["999999-9999999"], AsiaPacificChecks.KoreanRrn, 0.9, 1, ["주민등록번호", "주민번호", "rrn"]),
        new("cn-id", "CN_ID", ["99999999999999999W"], AsiaPacificChecks.ChineseId, 0.9, 1, ["身份证", "居民身份证", "id"]),
        new("tw-id", "TW_ID", ["A999999999"], AsiaPacificChecks.TaiwaneseId, 0.7, 1, ["身分證", "national id"]),
        new("hk-id", "HK_ID", ["A999999(W)", "A999999W"], AsiaPacificChecks.HongKongId, 0.6, 1, ["hkid", "身份證", "id card"]),
        new("th-id", "TH_ID", ["9-9999-99999-99-9"], AsiaPacificChecks.ThaiId, 0.95, 1, ["บัตรประชาชน", "thai id"]),
        new("th-id-plain", "TH_ID", ["9999999999999"], AsiaPacificChecks.ThaiId, 0, 1, ["บัตรประชาชน", "thai id"]),
        new("za-id", "ZA_ID", ["9999999999999", "999999 9999 999"], AsiaPacificChecks.SouthAfricanId, 0.5, 1, ["id number", "identity number", "south african", "sa id"]),
        new("il-id", "IL_ID", ["999999999"], AsiaPacificChecks.IsraeliId, 0, 1, ["teudat", "תעודת זהות", "ת.ז", "israeli id"]),
    ];
}
