using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Gemma4.Web.OpenAI;

/// <summary>Reads the tools of a request and how the model is to choose among them.</summary>
internal static class ToolReader
{
    private static readonly JsonElement NoParameters = JsonElement.Parse("""{"type":"object","properties":{}}""");

    public static void Read(RequestObject request, ChatOptions options, ref bool isStrict)
    {
        List<AITool> tools = [];
        foreach ((JsonElement value, string path) in request.List("tools") ?? [])
        {
            tools.Add(ToolOf(new RequestObject(value, path), ref isStrict));
        }

        options.Tools = tools.Count > 0 ? tools : null;
        options.ToolMode = ChoiceOf(request, tools);
        options.AllowMultipleToolCalls = request.Flag("parallel_tool_calls");
    }

    private static AIFunctionDeclaration ToolOf(RequestObject tool, ref bool isStrict)
    {
        string type = tool.RequiredText("type");
        if (type != "function")
        {
            throw ApiException.Unsupported(tool.PathOf("type"), $"'{type}' is not known; only functions are.");
        }

        RequestObject function = tool.RequiredObject("function");
        string name = function.RequiredText("name");
        string? description = function.Text("description");
        JsonElement parameters = function.Member("parameters") ?? NoParameters;
        isStrict |= function.Flag("strict") ?? false;
        function.RefuseTheRest();
        tool.RefuseTheRest();
        return parameters.ValueKind == JsonValueKind.Object
            ? AIFunctionFactory.CreateDeclaration(name, description, parameters.Clone())
            : throw ApiException.Invalid(function.PathOf("parameters"), "it must be a JSON schema.");
    }

    private static ChatToolMode? ChoiceOf(RequestObject request, List<AITool> tools)
    {
        if (request.Member("tool_choice") is not { } choice)
        {
            return null;
        }

        if (choice.ValueKind == JsonValueKind.Object)
        {
            RequestObject named = request.Object("tool_choice")!;
            named.Only("type", type => type.ValueEquals("function"), "Name a function, or send auto, none or required.");
            RequestObject function = named.RequiredObject("function");
            string name = function.RequiredText("name");
            function.RefuseTheRest();
            named.RefuseTheRest();
            return tools.Exists(tool => tool.Name == name) ? ChatToolMode.RequireSpecific(name) : throw ApiException.Invalid("tool_choice.function.name", $"there is no tool '{name}' in 'tools'.");
        }

        return request.Text("tool_choice") switch
        {
            "auto" => ChatToolMode.Auto,
            "none" => ChatToolMode.None,
            "required" when tools.Count == 0 => throw ApiException.Invalid("tool_choice", "'required' needs 'tools'."),
            "required" => ChatToolMode.RequireAny,
            _ => throw ApiException.Invalid("tool_choice", "it must be auto, none, required or a named function."),
        };
    }
}
