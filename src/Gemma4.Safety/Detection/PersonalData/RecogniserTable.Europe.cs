namespace Gemma4.Safety.Detection.PersonalData;

internal static partial class RecogniserTable
{
    private static IEnumerable<Recogniser> Europe() =>
    [
        new("uk-nhs", "UK_NHS", ["999_999_9999", "9999999999"], EuropeanChecks.UkNhs, 0, 1, ["nhs", "national health"]),
        new("uk-nino", "UK_NINO", ["AA 99 99 99 A"], EuropeanChecks.UkNino, 0.8, 1, ["national insurance", "nino", "ni number", "ni no"]),
        new("uk-sort-code", "UK_SORT_CODE", ["99-99-99", "99 99 99"], GlobalChecks.NotUniform, 0, 0.85, ["sort code", "sort"]),
        new("de-tax-id", "DE_TAX_ID", ["99 999 999 999", "99999999999"], EuropeanChecks.GermanTaxId, 0.5, 1,
            ["steuer", "steuer-id", "steueridentifikationsnummer", "idnr", "tin", "tax"]),
        new("de-id-card", "DE_ID_CARD", ["WWWWWWWWW9", "WWWWWWWWW 9"], EuropeanChecks.GermanIdCard, 0, 1, ["ausweis", "personalausweis", "identity card", "id card"]),
        new("de-vat", "DE_VAT", ["AA 999999999", "AA 999 999 999"], static v => v.StartsWith("DE") && EuropeanChecks.GermanVat(v), 0.8, 1, ["ust", "vat", "mwst"]),
        new("at-social", "AT_SOCIAL_SECURITY", ["9999 999999"], EuropeanChecks.AustrianSocial, 0, 1, ["svnr", "sozialversicherung", "versicherungsnummer"]),
        new("ch-ahv", "CH_AHV", ["999.9999.9999.99", "9999999999999"], EuropeanChecks.SwissAhv, 0.9, 1, ["ahv", "avs"]),
        new("fr-nir", "FR_NIR", ["9 99 99 9W 999 999 99"], EuropeanChecks.FrenchNir, 0.8, 1, ["sécu", "sécurité sociale", "securite sociale", "nir", "insee"]),
        new("fr-siret", "FR_SIRET", ["999 999 999 99999", "999 999 999"], Checksums.Luhn, 0, 0.9, ["siret", "siren"]),
        new("es-dni", "ES_NIF", ["99999999 A"], EuropeanChecks.SpanishDni, 0.8, 1, ["dni", "nif"]),
        new("es-nie", "ES_NIE", ["A 9999999 A"], EuropeanChecks.SpanishNie, 0.9, 1, ["nie"]),
        new("it-fiscal", "IT_FISCAL_CODE", ["AAA AAA 99A99 A999A", "AAAAAA99A99A999A"], EuropeanChecks.ItalianFiscal, 0.95, 1, ["codice fiscale", "cf"]),
        new("it-vat", "IT_VAT", ["99999999999"], EuropeanChecks.ItalianVat, 0, 1, ["partita iva", "p.iva", "piva", "iva"]),
        new("pl-pesel", "PL_PESEL", ["99999999999"], EuropeanChecks.PolishPesel, 0.4, 1, ["pesel"]),
        new("pl-nip", "PL_NIP", ["9999999999", "999-999-99-99", "999-99-99-999"], EuropeanChecks.PolishNip, 0, 1, ["nip"]),
        new("nl-bsn", "NL_BSN", ["999999999", "9999.99.999", "999 999 999"], EuropeanChecks.DutchBsn, 0, 1, ["bsn", "burgerservicenummer", "sofinummer"]),
        new("be-national", "BE_NATIONAL", ["99.99.99-999.99", "99999999999"], EuropeanChecks.BelgianNational, 0.5, 1, ["rijksregister", "registre national", "nrn"]),
        new("se-personnummer", "SE_PERSONNUMMER", ["999999-9999", "99999999-9999", "999999+9999"], EuropeanChecks.Swedish, 0.7, 1, ["personnummer", "samordningsnummer"]),
        new("se-personnummer-plain", "SE_PERSONNUMMER", ["9999999999", "999999999999"], EuropeanChecks.Swedish, 0, 1, ["personnummer"]),
        new("fi-hetu", "FI_HETU", ["999999#999W"], EuropeanChecks.FinnishHetu, 0.95, 1, ["hetu", "henkilötunnus"]),
        new("no-fodselsnummer", "NO_FODSELSNUMMER", ["99999999999", "999999 99999"], EuropeanChecks.Norwegian, 0.6, 1, ["fødselsnummer", "personnummer", "fodselsnummer"]),
        new("dk-cpr", "DK_CPR", ["999999-9999", "9999999999"], EuropeanChecks.DanishCpr, 0, 0.9, ["cpr"]),
        new("pt-nif", "PT_NIF", ["999999999", "999 999 999"], EuropeanChecks.PortugueseNif, 0, 1, ["nif", "contribuinte"]),
        new("ie-pps", "IE_PPS", ["9999999A", "9999999AA"], EuropeanChecks.IrishPps, 0.4, 1, ["pps", "ppsn"]),
        new("cz-birth-number", "CZ_BIRTH_NUMBER", ["999999/9999"], EuropeanChecks.CzechBirthNumber, 0.8, 1, ["rodné číslo", "rodne cislo", "rodné"]),
        new("ro-cnp", "RO_CNP", ["9999999999999"], EuropeanChecks.RomanianCnp, 0.5, 1, ["cnp", "cod numeric"]),
        new("bg-egn", "BG_EGN", ["9999999999"], EuropeanChecks.BulgarianEgn, 0, 1, ["егн", "egn"]),
        new("hr-oib", "HR_OIB", ["99999999999"], EuropeanChecks.CroatianOib, 0, 1, ["oib"]),
        new("ee-isikukood", "EE_LT_PERSONAL_CODE", ["99999999999"], EuropeanChecks.Baltic, 0, 1, ["isikukood", "asmens kodas", "personal code"]),
        new("gr-amka", "GR_AMKA", ["99999999999"], EuropeanChecks.GreekAmka, 0, 1, ["αμκα", "amka"]),
        new("tr-id", "TR_ID", ["99999999999"], EuropeanChecks.TurkishId, 0.4, 1, ["kimlik", "tckn", "tc no"]),
    ];
}
