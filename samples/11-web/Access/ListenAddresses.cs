using System.Net;

namespace Gemma4.Web.Access;

/// <summary>
/// Where the server listens: on this machine alone unless an address is given, and elsewhere only with an API key.
/// </summary>
internal static class ListenAddresses
{
    private const string Default = "http://127.0.0.1:5080";

    public static void Settle(ConfigurationManager configuration, ServerOptions options)
    {
        List<string> addresses = [.. AddressesIn(configuration)];
        if (addresses.Count == 0)
        {
            configuration["urls"] = Default;
            addresses.Add(Default);
        }

        string? open = addresses.Find(address => !IsLoopback(address));
        if (open is not null && options.ApiKey is null)
        {
            throw new ServerOptionsException($"'{open}' can be reached from other machines, and there is no API key. Give one with --api-key or Server:ApiKey, or listen on {Default}.");
        }

        // A web page elsewhere can point a name of its own at this machine; it cannot change the name in the request.
        if (open is null && configuration["AllowedHosts"] is null)
        {
            configuration["AllowedHosts"] = "localhost;127.0.0.1;[::1]";
        }
    }

    // Everything that Kestrel would listen on; bare ports mean every interface.
    private static IEnumerable<string> AddressesIn(IConfiguration configuration) =>
    [
        .. Split(configuration["urls"]),
        .. Split(configuration["http_ports"]).Select(port => $"http://*:{port}"),
        .. Split(configuration["https_ports"]).Select(port => $"https://*:{port}"),
        .. configuration.GetSection("Kestrel:Endpoints").GetChildren().Select(endpoint => endpoint["Url"]).OfType<string>(),
    ];

    private static string[] Split(string? list) => list?.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];

    private static string HostOf(string address)
    {
        try
        {
            return BindingAddress.Parse(address).Host;
        }
        catch (FormatException)
        {
            throw new ServerOptionsException($"'{address}' is no address to listen on. Write it as {Default}.");
        }
    }

    private static bool IsLoopback(string address)
    {
        string host = HostOf(address);
        return host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(host.Trim('[', ']'), out IPAddress? ip) && IPAddress.IsLoopback(ip));
    }
}
