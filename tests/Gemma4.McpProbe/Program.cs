using System.ComponentModel;
using Microsoft.Extensions.AI;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

// A tool server on standard input and output for the tests. Names with dots and dashes are usual among such servers.
McpServerOptions options = new()
{
    ServerInfo = new Implementation { Name = "probe", Version = "1.0" },
    ToolCollection =
    [
        McpServerTool.Create(AIFunctionFactory.Create(
            ([Description("The city name")] string city) => $"It is 21 degrees and sunny in {city}.", "get_weather", "Gets the current weather for a city.")),
        McpServerTool.Create(AIFunctionFactory.Create(
            (double a, double b) => a + b, "math.add-two", "Adds two numbers.")),
    ],
};
await using McpServer server = McpServer.Create(new StdioServerTransport("probe"), options);
await server.RunAsync();
