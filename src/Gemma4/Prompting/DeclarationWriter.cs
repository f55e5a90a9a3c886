using System.Text.Json;

namespace Gemma4.Prompting;

/// <summary>Writes tool declarations exactly as the template does, from the schema it is given.</summary>
internal sealed class DeclarationWriter(SegmentBuilder output)
{
    private static readonly string[] StandardKeys = ["description", "type", "properties", "required", "nullable"];

    public void Write(PromptTool tool)
    {
        output.Control(ControlToken.ToolStart).Plain("declaration:").Plain(tool.Name).Plain("{description:")
            .Quoted(tool.Description);
        if (tool.Parameters is { } parameters && PythonText.IsTruthy(parameters))
        {
            WriteParameters(parameters);
        }

        if (tool.Response is { } response)
        {
            WriteResponse(response);
        }

        output.Plain("}").Control(ControlToken.ToolEnd);
    }

    private static JsonElement Get(JsonElement value, string key) =>
        value.ValueKind == JsonValueKind.Object && value.TryGetProperty(key, out var found) ? found : default;

    private static string Upper(JsonElement type) => PythonText.Display(type).ToUpperInvariant();

    private void WriteParameters(JsonElement parameters)
    {
        output.Plain(",parameters:{");
        var properties = Get(parameters, "properties");
        if (PythonText.IsTruthy(properties))
        {
            output.Plain("properties:{");
            WriteProperties(properties, false);
            output.Plain("},");
        }

        var required = Get(parameters, "required");
        if (PythonText.IsTruthy(required))
        {
            WriteRequired(required);
            output.Plain(",");
        }

        // The template closes the brace only beside a type; normalised schemas always have one.
        var type = Get(parameters, "type");
        if (PythonText.IsTruthy(type))
        {
            output.Plain("type:").Quoted(Upper(type)).Plain("}");
        }
    }

    private void WriteResponse(JsonElement response)
    {
        output.Plain(",response:{");
        var description = Get(response, "description");
        if (PythonText.IsTruthy(description))
        {
            output.Plain("description:").Quoted(PythonText.Display(description)).Plain(",");
        }

        var type = Upper(Get(response, "type"));
        if (type == "OBJECT")
        {
            output.Plain("type:").Quoted(type).Plain("}");
        }
    }

    private void WriteProperties(JsonElement properties, bool skipStandardKeys)
    {
        if (properties.ValueKind != JsonValueKind.Object)
        {
            return;
        }

        var first = true;
        foreach (var (name, schema) in PythonText.SortedEntries(properties))
        {
            if (skipStandardKeys && StandardKeys.Contains(name, StringComparer.Ordinal))
            {
                continue;
            }

            if (!first)
            {
                output.Plain(",");
            }

            first = false;
            output.Plain(name).Plain(":{");
            WriteProperty(schema);
            output.Plain("}");
        }
    }

    private void WriteProperty(JsonElement schema)
    {
        var type = Upper(Get(schema, "type"));
        var description = Get(schema, "description");
        if (PythonText.IsTruthy(description))
        {
            output.Plain("description:").Quoted(PythonText.Display(description)).Plain(",");
        }

        if (type == "STRING" && PythonText.IsTruthy(Get(schema, "enum")))
        {
            output.Plain("enum:");
            ValueWriter.Write(output, Get(schema, "enum"), true);
            output.Plain(",");
        }

        if (type == "ARRAY" && Get(schema, "items") is { ValueKind: JsonValueKind.Object } items
            && PythonText.IsTruthy(items))
        {
            WriteItems(items);
            output.Plain(",");
        }

        if (PythonText.IsTruthy(Get(schema, "nullable")))
        {
            output.Plain("nullable:true,");
        }

        if (type == "OBJECT")
        {
            WriteObject(schema);
        }

        output.Plain("type:").Quoted(type);
    }

    private void WriteObject(JsonElement schema)
    {
        // Without properties the template takes the object's own keywords for properties.
        var properties = Get(schema, "properties");
        var own = properties.ValueKind == JsonValueKind.Object;
        output.Plain("properties:{");
        WriteProperties(own ? properties : schema, !own);
        output.Plain("},");

        var required = Get(schema, "required");
        if (PythonText.IsTruthy(required))
        {
            WriteRequired(required);
            output.Plain(",");
        }
    }

    private void WriteItems(JsonElement items)
    {
        output.Plain("items:{");
        var first = true;
        foreach (var (key, value) in PythonText.SortedEntries(items))
        {
            if (value.ValueKind == JsonValueKind.Null)
            {
                continue;
            }

            if (!first)
            {
                output.Plain(",");
            }

            first = false;
            WriteItemsKeyword(key, value);
        }

        output.Plain("}");
    }

    private void WriteItemsKeyword(string key, JsonElement value)
    {
        switch (key)
        {
            case "properties":
                output.Plain("properties:{");
                WriteProperties(value, false);
                output.Plain("}");
                break;
            case "required":
                WriteRequired(value);
                break;
            case "type" when value.ValueKind == JsonValueKind.Array:
                output.Plain("type:[");
                WriteQuotedList(value, text => text.ToUpperInvariant());
                output.Plain("]");
                break;
            case "type":
                output.Plain("type:").Quoted(Upper(value));
                break;
            default:
                output.Plain(key).Plain(":");
                ValueWriter.Write(output, value, true);
                break;
        }
    }

    private void WriteRequired(JsonElement required)
    {
        output.Plain("required:[");
        WriteQuotedList(required, text => text);
        output.Plain("]");
    }

    private void WriteQuotedList(JsonElement list, Func<string, string> spell)
    {
        if (list.ValueKind != JsonValueKind.Array)
        {
            return;
        }

        var first = true;
        foreach (var item in list.EnumerateArray())
        {
            if (!first)
            {
                output.Plain(",");
            }

            first = false;
            output.Quoted(spell(PythonText.Display(item)));
        }
    }
}
