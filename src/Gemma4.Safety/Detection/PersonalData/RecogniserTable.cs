namespace Gemma4.Safety.Detection.PersonalData;

/// <summary>The rows for values with a fixed shape. Values without one (addresses of the internet, phones, dates) have scanners.</summary>
internal static partial class RecogniserTable
{
    /// <summary>Every row.</summary>
    public static IReadOnlyList<Recogniser> Rows { get; } = [.. Global(), .. Europe(), .. Americas(), .. AsiaPacific()];

    private static IEnumerable<Recogniser> Global() =>
    [
        new("card", "CREDIT_CARD",
            ["9999 9999 9999 9999", "9999 999999 99999", "9999 999999 9999", "9999 9999 9999 9999 999",
             "999999999999", "9999999999999", "99999999999999", "999999999999999", "99999999999999999", "999999999999999999", "9999999999999999999"],
            GlobalChecks.Card, 0.95, 1, Card),
        new("card-unknown-issuer", "CREDIT_CARD", ["9999 9999 9999 9999", "9999 999999 99999"], GlobalChecks.CardOfAnyIssuer, 0, 0.8, Card),
        new("vin", "VIN", ["WWWWWWWWWWWWWWWWW"], GlobalChecks.Vin, 0.8, 1, Vehicle),
        new("vin-context", "VIN", ["WWWWWWWWWWWWWWWWW"], GlobalChecks.VinStructure, 0, 0.8, Vehicle),
        new("imei", "IMEI", ["999999999999999", "99-999999-999999-9", "99 999999 999999 9"], GlobalChecks.Imei, 0, 1, ["imei"]),
        new("iccid", "ICCID", ["9999999999999999999", "99999999999999999999", "9999 9999 9999 9999 9999"], GlobalChecks.Iccid, 0.7, 1, ["sim", "iccid"]),
        new("bic", "BIC", ["AAAAAAWW", "AAAAAAWWWWW"], GlobalChecks.Bic, 0, 0.9, ["bic", "swift"]),
        new("passport", "PASSPORT", ["999999999", "99999999", "A99999999", "AA9999999", "AA999999", "99AA99999", "A9999999", "WWWWWWWWW"],
            HasDigits, 0, 0.75, ["passport", "reisepass", "passeport", "pasaporte", "passaporto", "paszport", "paspoort", "パスポート", "护照"]),
        new("plate", "LICENCE_PLATE", ["AA99_AAA", "AA99AAA", "A-AA_9999", "AA-AA_999", "A-AA_99", "AA-A_999", "AA-999-AA", "9999_AAA", "AAA-9999", "AAA_999", "9AAA999", "99-AAA-9", "AA-99-99", "A-999-AA"],
            GlobalChecks.Any, 0, 0.7, ["plate", "registration", "kennzeichen", "nummernschild", "immatriculation", "matrícula", "matricula", "targa", "kenteken", "rejestracyjny"]),
        new("account", "BANK_ACCOUNT", ["99999999", "999999999", "9999999999", "99999999999", "999999999999"],
            GlobalChecks.NotUniform, 0, 0.6, ["account number", "account no", "bank account", "acct", "kontonummer", "numéro de compte", "número de cuenta", "conto corrente"]),
        new("medical-record", "MEDICAL_RECORD", ["999999", "9999999", "99999999", "999999999", "AA999999"],
            GlobalChecks.NotUniform, 0, 0.7, ["mrn", "medical record", "patient id", "patient number", "patientennummer"]),
    ];

    private static string[] Card =>
        ["card", "credit", "debit", "visa", "mastercard", "amex", "maestro", "cc", "karte", "carte", "tarjeta", "carta", "cartão"];

    private static string[] Vehicle => ["vin", "vehicle", "chassis", "fahrgestell", "bastidor", "telaio", "châssis"];

    private static bool HasDigits(ReadOnlySpan<char> value)
    {
        var digits = 0;
        foreach (var character in value)
        {
            digits += char.IsAsciiDigit(character) ? 1 : 0;
        }

        return digits >= 5 && !Checksums.AllSame(value);
    }
}
