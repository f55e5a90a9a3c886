using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;

namespace Gemma4.Agents.Evaluation;

/// <summary>Reads question files of the Berkeley function-calling leaderboard, one JSON object a line.</summary>
public static class BfclDataSet
{
    private const string Prefix = "BFCL_v4_";

    // Enough of a line to find it by.
    private const int LineStart = 40;

    /// <summary>The single-turn classes that are judged without running anything, in the order of reports.</summary>
    public static IReadOnlyList<string> Categories { get; } = ["simple_python", "multiple", "parallel", "parallel_multiple", "irrelevance"];

    /// <summary>Reads the questions of one class.</summary>
    /// <param name="folder">The folder with <c>BFCL_v4_CATEGORY.json</c> and <c>possible_answer/</c>.</param>
    /// <param name="category">One of <see cref="Categories"/>.</param>
    /// <exception cref="FileNotFoundException">The folder has no file of that class.</exception>
    /// <exception cref="FormatException">A line is no question, or a question has no answer.</exception>
    public static IReadOnlyList<FunctionCallingQuestion> Read(string folder, string category)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentException.ThrowIfNullOrEmpty(category);
        string file = Path.Combine(folder, $"{Prefix}{category}.json");
        if (!File.Exists(file))
        {
            throw new FileNotFoundException($"'{file}' not found. The folder needs {Prefix}{category}.json, and possible_answer/ for the right calls.", file);
        }

        string answerFile = Path.Combine(folder, "possible_answer", $"{Prefix}{category}.json");
        Dictionary<string, JsonElement> answers = File.Exists(answerFile)
            ? Lines(answerFile).ToDictionary(line => line.GetProperty("id").GetString()!, line => line.GetProperty("ground_truth"), StringComparer.Ordinal)
            : [];
        return [.. Lines(file).Select(line => Question(file, line, category, answers, File.Exists(answerFile)))];
    }

    private static FunctionCallingQuestion Question(string file, JsonElement line, string category, Dictionary<string, JsonElement> answers, bool hasAnswers)
    {
        try
        {
            return Question(line, category, answers, hasAnswers);
        }
        catch (Exception exception) when (exception is KeyNotFoundException or InvalidOperationException)
        {
            throw new FormatException(
                $"'{file}' holds a line that is no question: {line.GetRawText()[..Math.Min(LineStart, line.GetRawText().Length)]}... Name the folder of the questions; the answers lie in its folder possible_answer.",
                exception);
        }
    }

    private static FunctionCallingQuestion Question(JsonElement line, string category, Dictionary<string, JsonElement> answers, bool hasAnswers)
    {
        string id = line.GetProperty("id").GetString()!;
        if (hasAnswers && !answers.ContainsKey(id))
        {
            throw new FormatException($"Question '{id}' has no line in possible_answer.");
        }

        ExpectedCall[] expected = answers.TryGetValue(id, out JsonElement truth) ? [.. truth.EnumerateArray().Select(Expected)] : [];
        ChatMessage[] messages = [.. line.GetProperty("question")[0].EnumerateArray()
            .Select(message => new ChatMessage(new ChatRole(message.GetProperty("role").GetString()!), message.GetProperty("content").GetString()))];
        AIFunctionDeclaration[] tools = [.. line.GetProperty("function").EnumerateArray().Select(Tool)];
        return new FunctionCallingQuestion(id, category, messages, tools, expected);
    }

    private static ExpectedCall Expected(JsonElement call)
    {
        JsonProperty member = call.EnumerateObject().First();
        return new ExpectedCall(member.Name, member.Value.EnumerateObject().ToDictionary(
            argument => argument.Name,
            argument => (IReadOnlyList<JsonElement>)[.. argument.Value.EnumerateArray()],
            StringComparer.Ordinal));
    }

    private static AIFunctionDeclaration Tool(JsonElement function)
    {
        JsonNode schema = JsonNode.Parse(function.GetProperty("parameters").GetRawText())!;
        Convert(schema);
        return AIFunctionFactory.CreateDeclaration(
            function.GetProperty("name").GetString()!,
            function.GetProperty("description").GetString(),
            JsonElement.Parse(schema.ToJsonString()));
    }

    // The files name types as Python does.
    private static void Convert(JsonNode? node)
    {
        if (node is JsonArray items)
        {
            foreach (JsonNode? item in items)
            {
                Convert(item);
            }
        }
        else if (node is JsonObject members)
        {
            if (members["type"] is JsonValue type && type.GetValueKind() == JsonValueKind.String)
            {
                switch (type.GetValue<string>())
                {
                    case "dict":
                        members["type"] = "object";
                        break;
                    case "float":
                        members["type"] = "number";
                        break;
                    case "tuple":
                        members["type"] = "array";
                        break;
                    case "any":
                        members.Remove("type");
                        break;
                }
            }

            foreach ((_, JsonNode? member) in members.ToArray())
            {
                Convert(member);
            }
        }
    }

    private static IEnumerable<JsonElement> Lines(string file)
    {
        int number = 0;
        foreach (string line in File.ReadLines(file))
        {
            number++;
            if (string.IsNullOrWhiteSpace(line))
            {
                continue;
            }

            yield return Parse(line, file, number);
        }
    }

    private static JsonElement Parse(string line, string file, int number)
    {
        try
        {
            return JsonElement.Parse(line);
        }
        catch (JsonException exception)
        {
            throw new FormatException(FormattableString.Invariant($"Line {number} of '{file}' is no JSON: {exception.Message}"), exception);
        }
    }
}
