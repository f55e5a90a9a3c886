namespace Gemma4.Safety.Detection.PersonalData;

internal static partial class RecogniserTable
{
    private static string[] DriverWords => ["driver", "drivers", "driver's", "license", "licence", "dl", "führerschein", "permis de conduire"];

    private static IEnumerable<Recogniser> Americas() =>
    [
        new("us-ssn", "US_SSN", ["999-99-9999"], AmericanChecks.UsSsn, 0.9, 1, Ssn),
        new("us-ssn-plain", "US_SSN", ["999999999", "999 99 9999", "999.99.9999"], AmericanChecks.UsSsn, 0, 0.95, Ssn),
        new("us-itin", "US_ITIN", ["999-99-9999"], AmericanChecks.UsItin, 0.85, 1, ["itin", "taxpayer", "tax"]),
        new("us-itin-plain", "US_ITIN", ["999999999", "999 99 9999"], AmericanChecks.UsItin, 0, 0.95, ["itin", "taxpayer"]),
        new("us-ein", "US_EIN", ["99-9999999"], GlobalChecks.NotUniform, 0, 0.9, ["ein", "employer identification", "federal tax", "fein"]),
        new("us-routing", "US_ROUTING", ["999999999"], AmericanChecks.UsRouting, 0, 1, ["routing", "aba", "rtn"]),
        new("us-driver-licence", "US_DRIVER_LICENSE",
            ["A9999999", "A99999999", "A999999999999", "A99999999999999", "9999999", "99999999", "999999999", "A999-9999-9999", "A999-999-99-999-9", "9999-99-9999", "AA999999", "A999 999 999 999"],
            GlobalChecks.NotUniform, 0, 0.75, DriverWords),
        new("us-medicare", "US_MEDICARE", ["9AW9-AW9-AA99", "9AW9AW9AA99"], AmericanChecks.UsMedicare, 0.6, 1, ["medicare", "mbi"]),
        new("us-npi", "US_NPI", ["9999999999"], AmericanChecks.UsNpi, 0, 1, ["npi"]),
        new("us-dea", "US_DEA", ["AA9999999"], AmericanChecks.UsDea, 0.4, 1, ["dea"]),
        new("ca-sin", "CA_SIN", ["999_999_999", "999999999"], AmericanChecks.CanadianSin, 0, 1, ["sin", "social insurance", "nas"]),
        new("br-cpf", "BR_CPF", ["999.999.999-99"], AmericanChecks.BrazilianCpf, 0.95, 1, ["cpf"]),
        new("br-cpf-plain", "BR_CPF", ["99999999999"], AmericanChecks.BrazilianCpf, 0, 1, ["cpf"]),
        new("br-cnpj", "BR_CNPJ", ["99.999.999/9999-99"], AmericanChecks.BrazilianCnpj, 0.95, 1, ["cnpj"]),
        new("br-cnpj-plain", "BR_CNPJ", ["99999999999999"], AmericanChecks.BrazilianCnpj, 0, 1, ["cnpj"]),
        new("mx-curp", "MX_CURP", ["AAAA999999AAAAAAW9"], AmericanChecks.MexicanCurp, 0.95, 1, ["curp"]),
        new("mx-rfc", "MX_RFC", ["AAAA999999WWW"], AmericanChecks.MexicanRfc, 0.5, 0.95, ["rfc"]),
        new("ar-cuit", "AR_CUIT", ["99-99999999-9"], AmericanChecks.ArgentinianCuit, 0.9, 1, ["cuit", "cuil"]),
        new("cl-rut", "CL_RUT", ["99.999.999-W", "9.999.999-W"], AmericanChecks.ChileanRut, 0.9, 1, ["rut", "run"]),
        new("cl-rut-plain", "CL_RUT", ["99999999-W", "9999999-W"], AmericanChecks.ChileanRut, 0, 1, ["rut", "run"]),
    ];

    private static string[] Ssn => ["ssn", "social security", "social", "ss#", "soc sec"];
}
