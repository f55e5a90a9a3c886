using System.Globalization;
using Gemma4.Safety.Detection;
using Gemma4.Safety.Detection.PersonalData;

namespace Gemma4.Safety.Tests.Detection;

public sealed class PersonalDataTests
{
    // Row, entity, words before it, value. Check digits were computed with an independent script or come from the issuers' examples.
    public static TheoryData<string, string, string, string> Values => new()
    {
        { "card", "CREDIT_CARD", "pay with", "4111 1111 1111 1111" },
        { "card", "CREDIT_CARD", "pay with", "5555555555554444" },
        { "card", "CREDIT_CARD", "pay with", "3782-822463-10005" },
        { "card", "CREDIT_CARD", "pay with", "30569309025904" },
        { "card", "CREDIT_CARD", "pay with", "6011111111111117" },
        { "card-unknown-issuer", "CREDIT_CARD", "my credit card", "3598899323053410" },
        { "vin", "VIN", "the car", "1M8GDM9AXKP042788" },
        { "vin-context", "VIN", "vehicle number", "WVWZZZ1JZ3W386752" },
        { "imei", "IMEI", "IMEI", "490154203237518" },
        { "iccid", "ICCID", "on the SIM", "8944111000000000007" },
        { "bic", "BIC", "BIC:", "DEUTDEFF500" },
        { "passport", "PASSPORT", "passport no.", "C01X00T47" },
        { "plate", "LICENCE_PLATE", "Kennzeichen", "M-AB 1234" },
        { "account", "BANK_ACCOUNT", "account number", "12345678" },
        { "medical-record", "MEDICAL_RECORD", "MRN", "7654321" },
        { "iban", "IBAN", "to", "DE89 3704 0044 0532 0130 00" },
        { "iban", "IBAN", "to", "FR1420041010050500013M02606" },
        { "iban", "IBAN", "to", "gb82west12345698765432" },
        { "uk-nhs", "UK_NHS", "NHS number", "943 476 5919" },
        { "uk-nino", "UK_NINO", "the number", "AB 12 34 56 C" },
        { "uk-sort-code", "UK_SORT_CODE", "sort code", "20-00-01" },
        { "de-tax-id", "DE_TAX_ID", "Steuer-ID", "86095742719" },
        { "de-id-card", "DE_ID_CARD", "Personalausweis", "T220001293" },
        { "de-vat", "DE_VAT", "under", "DE136695976" },
        { "at-social", "AT_SOCIAL_SECURITY", "SVNR", "1237 010180" },
        { "ch-ahv", "CH_AHV", "under", "756.9217.0773.19" },
        { "fr-nir", "FR_NIR", "under", "2 55 08 75 116 001 72" },
        { "fr-siret", "FR_SIRET", "SIRET", "73282932000074" },
        { "es-dni", "ES_NIF", "with", "12345678Z" },
        { "es-nie", "ES_NIE", "with", "X1234567L" },
        { "it-fiscal", "IT_FISCAL_CODE", "with", "RSSMRA85T10A562S" },
        { "it-vat", "IT_VAT", "partita IVA", "07643590156" },
        { "pl-pesel", "PL_PESEL", "PESEL", "44051401359" },
        { "pl-nip", "PL_NIP", "NIP", "526-000-12-46" },
        { "nl-bsn", "NL_BSN", "BSN", "111222333" },
        { "be-national", "BE_NATIONAL", "rijksregister", "85.07.30-033.28" },
        { "se-personnummer", "SE_PERSONNUMMER", "with", "811218-9876" },
        { "se-personnummer-plain", "SE_PERSONNUMMER", "personnummer", "8112189876" },
        { "fi-hetu", "FI_HETU", "with", "131052-308T" },
        { "no-fodselsnummer", "NO_FODSELSNUMMER", "fødselsnummer", "01019000083" },
        { "dk-cpr", "DK_CPR", "CPR", "010190-1234" },
        { "pt-nif", "PT_NIF", "contribuinte", "123456789" },
        { "ie-pps", "IE_PPS", "PPS", "1234567T" },
        { "cz-birth-number", "CZ_BIRTH_NUMBER", "with", "736028/5163" },
        { "ro-cnp", "RO_CNP", "CNP", "1850101221452" },
        { "bg-egn", "BG_EGN", "ЕГН", "7523169263" },
        { "hr-oib", "HR_OIB", "OIB", "33392005961" },
        { "ee-isikukood", "EE_LT_PERSONAL_CODE", "isikukood", "37605030299" },
        { "gr-amka", "GR_AMKA", "AMKA", "01018900025" },
        { "tr-id", "TR_ID", "kimlik", "10000000146" },
        { "us-ssn", "US_SSN", "with", "536-22-1234" },
        { "us-ssn-plain", "US_SSN", "social security number", "536221234" },
        { "us-itin", "US_ITIN", "with", "912-70-1234" },
        { "us-itin-plain", "US_ITIN", "ITIN", "912701234" },
        { "us-ein", "US_EIN", "EIN", "12-3456789" },
        { "us-routing", "US_ROUTING", "routing", "021000021" },
        { "us-driver-licence", "US_DRIVER_LICENSE", "driver's license", "D1234567" },
        { "us-medicare", "US_MEDICARE", "Medicare", "1EG4-TE5-MK73" },
        { "us-npi", "US_NPI", "NPI", "1234567893" },
        { "us-dea", "US_DEA", "DEA", "AB1234563" },
        { "ca-sin", "CA_SIN", "SIN", "130 692 544" },
        { "br-cpf", "BR_CPF", "with", "529.982.247-25" },
        { "br-cpf-plain", "BR_CPF", "CPF", "52998224725" },
        { "br-cnpj", "BR_CNPJ", "with", "11.222.333/0001-81" },
        { "br-cnpj-plain", "BR_CNPJ", "CNPJ", "11222333000181" },
        { "mx-curp", "MX_CURP", "with", "BADD110313HCMLNS06" },
        { "mx-rfc", "MX_RFC", "RFC", "BADD110313AB1" },
        { "ar-cuit", "AR_CUIT", "with", "20-26756539-3" },
        { "cl-rut", "CL_RUT", "with", "12.345.678-5" },
        { "cl-rut-plain", "CL_RUT", "RUT", "12345678-5" },
        { "in-aadhaar", "IN_AADHAAR", "with", "2341 2341 2346" },
        { "in-aadhaar-plain", "IN_AADHAAR", "Aadhaar", "234123412346" },
        { "in-pan", "IN_PAN", "PAN", "ABCPE1234F" },
        { "au-tfn", "AU_TFN", "TFN", "123 456 782" },
        { "au-abn", "AU_ABN", "ABN", "51 824 753 556" },
        { "au-medicare", "AU_MEDICARE", "Medicare", "2123 45670 1" },
        { "nz-ird", "NZ_IRD", "IRD", "49-091-850" },
        { "sg-nric", "SG_NRIC", "with", "S1234567D" },
        { "jp-my-number", "JP_MY_NUMBER", "マイナンバー", "123456789018" },
        { "kr-rrn", "KR_RRN", "with", "900101-1234568" },
        { "cn-id", "CN_ID", "with", "11010519491231002X" },
        { "tw-id", "TW_ID", "with", "A123456789" },
        { "hk-id", "HK_ID", "HKID", "A123456(3)" },
        { "th-id", "TH_ID", "with", "1-1017-01234-56-1" },
        { "th-id-plain", "TH_ID", "Thai ID", "1101701234561" },
        { "za-id", "ZA_ID", "SA ID", "8001015009087" },
        { "il-id", "IL_ID", "teudat zehut", "123456782" },
        { "email", "EMAIL", "write to", "anna.smith+tag@mail.example.co.uk" },
        { "email", "EMAIL", "write to", "jürgen@müller.de" },
        { "url", "URL", "see", "https://www.example.com/a?b=c#d" },
        { "url", "URL", "see", "www.example.org/path" },
        { "domain", "DOMAIN", "see", "shop.example.com" },
        { "ipv4", "IP_ADDRESS", "from", "203.0.113.77" },
        { "ipv6", "IP_ADDRESS", "from", "2001:db8::8a2e:370:7334" },
        { "ipv6", "IP_ADDRESS", "from", "::1" },
        { "mac", "MAC_ADDRESS", "device", "00:1A:2b:3C:4d:5E" },
        { "crypto", "CRYPTO_ADDRESS", "send to", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa" },
        { "crypto", "CRYPTO_ADDRESS", "send to", "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq" },
        { "crypto", "CRYPTO_ADDRESS", "send to", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed" },
        { "phone", "PHONE", "from", "+49 (0)89 1234-5678" },
        { "phone", "PHONE", "from", "(602) 272-9781" },
        { "phone", "PHONE", "call", "78 651 450" },
        { "coordinates", "COORDINATES", "at", "48.85837, 2.29448" },
        { "date-of-birth", "DATE_OF_BIRTH", "born on", "5 March 1980" },
        { "date-of-birth", "DATE_OF_BIRTH", "DOB:", "1980-03-05" },
        { "date-of-birth", "DATE_OF_BIRTH", "geboren am", "05.03.1980" },
    };

    // Values one character away from a good one: the checksum or a rule of structure refuses them.
    public static TheoryData<string, string, string> Refused => new()
    {
        { "CREDIT_CARD", "pay with", "4111 1111 1111 1112" },
        { "CREDIT_CARD", "order", "9111111111111111" },
        { "VIN", "the car", "1M8GDM9A1KP042788" },
        { "IMEI", "IMEI", "490154203237519" },
        { "IBAN", "to", "DE88 3704 0044 0532 0130 00" },
        { "IBAN", "to", "GB82WEST1234569876543" },
        { "UK_NHS", "NHS number", "943 476 5918" },
        { "UK_NINO", "the number", "BG 12 34 56 C" },
        { "DE_TAX_ID", "Steuer-ID", "86095742718" },
        { "DE_ID_CARD", "Personalausweis", "T220001294" },
        { "DE_VAT", "VAT", "DE136695975" },
        { "CH_AHV", "AHV", "756.9217.0773.18" },
        { "FR_NIR", "NIR", "2 55 08 75 116 001 73" },
        { "ES_NIF", "DNI", "12345678A" },
        { "ES_NIE", "NIE", "X1234567M" },
        { "IT_FISCAL_CODE", "codice fiscale", "RSSMRA85T10A562T" },
        { "PL_PESEL", "PESEL", "44051401358" },
        { "NL_BSN", "BSN", "111222334" },
        { "SE_PERSONNUMMER", "personnummer", "811218-9875" },
        { "FI_HETU", "hetu", "131052-308U" },
        { "NO_FODSELSNUMMER", "fødselsnummer", "01019000084" },
        { "PT_NIF", "NIF", "123456788" },
        { "CZ_BIRTH_NUMBER", "rodné číslo", "736028/5164" },
        { "TR_ID", "kimlik", "10000000145" },
        { "US_SSN", "SSN", "666-22-1234" },
        { "US_SSN", "SSN", "536-00-1234" },
        { "US_ITIN", "ITIN", "912-69-1234" },
        { "US_ROUTING", "routing", "021000022" },
        { "CA_SIN", "SIN", "130 692 545" },
        { "BR_CPF", "CPF", "529.982.247-26" },
        { "BR_CNPJ", "CNPJ", "11.222.333/0001-82" },
        { "MX_CURP", "CURP", "BADD110313HCMLNS07" },
        { "AR_CUIT", "CUIT", "20-26756539-4" },
        { "CL_RUT", "RUT", "12.345.678-6" },
        { "IN_AADHAAR", "Aadhaar", "2341 2341 2347" },
        { "AU_TFN", "TFN", "123 456 783" },
        { "AU_ABN", "ABN", "51 824 753 557" },
        { "SG_NRIC", "NRIC", "S1234567E" },
        { "KR_RRN", "with", "900101-1234567" },
        { "CN_ID", "with", "110105194912310021" },
        { "TW_ID", "with", "A123456788" },
        { "HK_ID", "HKID", "A123456(4)" },
        { "ZA_ID", "SA ID", "8001015009086" },
        { "CRYPTO_ADDRESS", "send to", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb" },
        { "CRYPTO_ADDRESS", "send to", "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdp" },
        { "CRYPTO_ADDRESS", "send to", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD" },
        { "IP_ADDRESS", "version", "1.2.3.4" },
        { "IP_ADDRESS", "from", "203.0.113.277" },
        { "EMAIL", "mention", "someone@localhost" },
        { "DOMAIN", "open", "Program.cs" },
        { "DOMAIN", "call", "System.Text.Json" },
        { "DOMAIN", "open", "script.py" },
        { "PHONE", "on", "2024-05-17 10:20:30" },
        { "PHONE", "pi is", "3.14159265358979" },
        { "COORDINATES", "between", "48.85, 2.29" },
        { "DATE_OF_BIRTH", "due on", "1980-03-05" },
    };

    [Theory]
    [MemberData(nameof(Values))]
    public void A_value_is_found_with_its_exact_ends(string row, string entity, string before, string value)
    {
        var text = $"Please note: {before} {value}, thank you.";

        var finding = Assert.Single(Scan.Whole(new PersonalDataDetector([entity]), text));

        Assert.Equal((value, entity), (text.Substring(finding.Start, finding.Length), finding.Entity));
        Assert.StartsWith("personal-data/", finding.Rule);
        Assert.NotEqual("", row);
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public void A_value_that_fails_its_check_is_not_found(string entity, string before, string value) =>
        Assert.Empty(Scan.Whole(new PersonalDataDetector([entity]), $"Please note: {before} {value}, thank you."));

    [Fact]
    public void Every_row_of_the_table_has_a_value_in_these_tests()
    {
        var tested = ((IEnumerable<object[]>)Values).Select(row => (string)row[0]).ToHashSet();
        Assert.Empty(RecogniserTable.Rows.Select(row => row.Name).Except(tested));
    }

    [Theory]
    [InlineData("4111\u200B1111\u200B1111\u200B1111", "CREDIT_CARD")]
    [InlineData("４１１１１１１１１１１１１１１１", "CREDIT_CARD")]
    [InlineData("anna\u2060@example.com", "EMAIL")]
    [InlineData("ａｎｎａ＠ｅｘａｍｐｌｅ．ｃｏｍ", "EMAIL")]
    public void A_disguised_value_is_found_at_its_place_in_the_original(string value, string entity)
    {
        var text = $"Grüße 🙂 {value} ok";

        var finding = Assert.Single(Scan.Whole(Detectors.PersonalData(), text));

        Assert.Equal((entity, value), (finding.Entity, text.Substring(finding.Start, finding.Length)));
    }

    [Theory]
    [InlineData("tr-TR")]
    [InlineData("ar-SA")]
    [InlineData("de-DE")]
    public void The_culture_changes_nothing(string culture)
    {
        var before = CultureInfo.CurrentCulture;
        var text = string.Join(", ", ((IEnumerable<object[]>)Values).Select(row => $"{row[2]} {row[3]}"));
        var expected = Scan.Whole(Detectors.PersonalData(), text);
        try
        {
            CultureInfo.CurrentCulture = CultureInfo.GetCultureInfo(culture);

            Assert.Equal(expected, Scan.Whole(Detectors.PersonalData(), text));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Theory]
    [InlineData("Die Telefonnummer lautet 089/1234567 und die IBAN DE89370400440532013000.", "PHONE IBAN")]
    [InlineData("Mon numéro de téléphone est le 06 12 34 56 78 et mon mail est luc@exemple.fr", "PHONE EMAIL")]
    [InlineData("我的邮箱是wang@example.cn，电话是+86 138 1234 5678。", "EMAIL PHONE")]
    [InlineData("Мой телефон +7 495 123-45-67, сайт https://пример.рф/", "PHONE URL")]
    public void Other_languages_announce_values_too(string text, string entities) =>
        Assert.Equal(entities, string.Join(' ', Scan.Whole(Detectors.PersonalData(), text).Select(finding => finding.Entity)));

    [Fact]
    public void Of_overlapping_findings_the_surer_one_stays()
    {
        var text = "transfer to DE89370400440532013000 now";

        Assert.Equal("IBAN", Assert.Single(Scan.Whole(Detectors.PersonalData(), text)).Entity);
    }
}
