using System.Reflection;
using System.Runtime.InteropServices;
using Gemma4.OnnxRuntimeGenAI.Native;
using Xunit;

namespace Gemma4.OnnxRuntimeGenAI.Tests;

/// <summary>The declarations against the C header: names, and types that cross the boundary as they are.</summary>
public sealed class DeclarationTests
{
    private const BindingFlags Everything = BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public | BindingFlags.DeclaredOnly;

    /// <summary>Functions of ort_genai_c.h (0.15) with their parameters: h handle, s string, n size, i int, d double, b bool, p pointer.</summary>
    private static readonly Dictionary<string, string> Header = new()
    {
        ["OgaShutdown"] = "",
        ["OgaSetTelemetryEnabled"] = "b",
        ["OgaResultGetError"] = "p",
        ["OgaDestroyResult"] = "p",
        ["OgaDestroyString"] = "p",
        ["OgaSetLogBool"] = "sb",
        ["OgaSetLogCallback"] = "p",
        ["OgaCreateConfig"] = "sh",
        ["OgaConfigClearProviders"] = "h",
        ["OgaConfigAppendProvider"] = "hs",
        ["OgaConfigSetProviderOption"] = "hsss",
        ["OgaConfigOverlay"] = "hs",
        ["OgaDestroyConfig"] = "p",
        ["OgaCreateModelFromConfig"] = "hh",
        ["OgaModelGetType"] = "hp",
        ["OgaDestroyModel"] = "p",
        ["OgaCreateGeneratorParams"] = "hh",
        ["OgaGeneratorParamsSetSearchNumber"] = "hsd",
        ["OgaGeneratorParamsSetSearchBool"] = "hsb",
        ["OgaGeneratorParamsGetSearchBool"] = "hsb",
        ["OgaDestroyGeneratorParams"] = "p",
        ["OgaCreateGenerator"] = "hhh",
        ["OgaGenerator_AppendTokens"] = "hpn",
        ["OgaGenerator_TokenCount"] = "h",
        ["OgaGenerator_RewindTo"] = "hn",
        ["OgaGenerator_GetLogits"] = "hh",
        ["OgaGenerator_SetRuntimeOption"] = "hss",
        ["OgaDestroyGenerator"] = "p",
        ["OgaTensorGetType"] = "hi",
        ["OgaTensorGetShapeRank"] = "hn",
        ["OgaTensorGetShape"] = "hpn",
        ["OgaTensorGetData"] = "hp",
        ["OgaDestroyTensor"] = "p",
        ["OgaCreateAdapters"] = "hh",
        ["OgaLoadAdapter"] = "hss",
        ["OgaSetActiveAdapter"] = "hhs",
        ["OgaDestroyAdapters"] = "p",
    };

    /// <summary>What the code calls.</summary>
    private static readonly MethodInfo[] Declared =
        [.. typeof(Oga).GetMethods(Everything).Where(method => !method.Name.Contains('<', StringComparison.Ordinal))];

    /// <summary>What the generated code hands to the system's loader, by entry point.</summary>
    private static readonly Dictionary<string, MethodInfo> Imported = typeof(Oga).GetMethods(Everything)
        .Select(method => (Method: method, Import: method.GetCustomAttribute<DllImportAttribute>()))
        .Where(entry => entry.Import is not null)
        .ToDictionary(entry => entry.Import!.EntryPoint!, entry => entry.Method);

    public static TheoryData<string> EntryPoints => [.. Header.Keys];

    [Fact]
    public void The_imports_are_exactly_the_listed_functions_of_the_header()
    {
        Assert.Equal(Header.Keys.Order(StringComparer.Ordinal), Imported.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(Header.Count, Declared.Length);
    }

    [Fact]
    public void Every_import_is_either_required_at_the_start_or_a_capability() =>
        Assert.Equal(
            Header.Keys.Order(StringComparer.Ordinal),
            Oga.Required.Concat(Oga.Optional).Order(StringComparer.Ordinal));

    [Fact]
    public void Only_functions_that_every_version_since_0_8_has_are_required() =>
        Assert.Empty(Oga.Required.Intersect(
            ["OgaSetLogCallback", "OgaGenerator_TokenCount", "OgaGeneratorParamsGetSearchBool", "OgaSetTelemetryEnabled"]));

    [Theory]
    [MemberData(nameof(EntryPoints))]
    public void What_crosses_the_boundary_is_blittable(string entryPoint)
    {
        var method = Imported[entryPoint];

        Assert.Equal(Oga.Library, method.GetCustomAttribute<DllImportAttribute>()!.Value);
        Assert.False(method.GetCustomAttribute<DllImportAttribute>()!.SetLastError);
        Assert.All(method.GetParameters().Select(parameter => parameter.ParameterType).Append(method.ReturnType), type => Assert.True(IsBlittable(type), $"{type} is not blittable"));
    }

    [Theory]
    [MemberData(nameof(EntryPoints))]
    public void Parameters_have_the_types_of_the_header(string entryPoint)
    {
        var kinds = string.Concat(Declaration(entryPoint).GetParameters().Select(KindOf));

        Assert.Equal(Header[entryPoint], kinds);
    }

    [Fact]
    public void A_bool_is_one_byte_in_both_directions()
    {
        var bools = Declared.SelectMany(method => method.GetParameters())
            .Where(parameter => Bare(parameter) == typeof(bool))
            .ToArray();

        Assert.Equal(4, bools.Length);
        Assert.All(bools, parameter => Assert.Equal(UnmanagedType.I1, parameter.GetCustomAttribute<MarshalAsAttribute>()?.Value));
        Assert.DoesNotContain(Declared, method => method.ReturnType == typeof(bool));
    }

    [Fact]
    public void Strings_are_utf8()
    {
        var methods = Declared.Where(method => method.GetParameters().Any(parameter => parameter.ParameterType == typeof(string))).ToArray();

        Assert.Equal(11, methods.Length);
        Assert.All(methods, method => Assert.Equal(StringMarshalling.Utf8, method.GetCustomAttribute<LibraryImportAttribute>()!.StringMarshalling));
    }

    [Fact]
    public void Owned_objects_are_safe_handles_and_raw_pointers_appear_only_in_destroy_functions_and_results() =>
        Assert.All(
            Declared.Where(method => method.GetParameters().Any(parameter => parameter.ParameterType == typeof(nint))),
            method => Assert.True(method.Name.StartsWith("Destroy", StringComparison.Ordinal) || method.Name == "ResultGetError", method.Name));

    [Fact]
    public void The_generation_loop_the_tokenizer_templates_and_guidance_of_the_library_are_not_used() =>
        Assert.DoesNotContain(Header.Keys, name => name.Contains("Tokenizer", StringComparison.Ordinal)
            || name.Contains("Guidance", StringComparison.Ordinal) || name.Contains("GenerateNextToken", StringComparison.Ordinal)
            || name.Contains("IsDone", StringComparison.Ordinal));

    private static MethodInfo Declaration(string entryPoint) =>
        Declared.Single(method => entryPoint == "Oga" + method.Name || entryPoint.Replace("_", "", StringComparison.Ordinal) == "Oga" + method.Name);

    private static char KindOf(ParameterInfo parameter) => Bare(parameter) switch
    {
        { } type when type.IsSubclassOf(typeof(OgaHandle)) => 'h',
        { } type when type == typeof(string) => 's',
        { } type when type == typeof(nuint) => 'n',
        { } type when type == typeof(int) => 'i',
        { } type when type == typeof(double) => 'd',
        { } type when type == typeof(bool) => 'b',
        { } type when type == typeof(nint) || type.IsPointer || type.IsFunctionPointer => 'p',
        { } type => throw new InvalidOperationException($"{type} is no type of the header"),
    };

    private static Type Bare(ParameterInfo parameter) =>
        parameter.ParameterType.IsByRef ? parameter.ParameterType.GetElementType()! : parameter.ParameterType;

    private static bool IsBlittable(Type type) =>
        type == typeof(void) || type == typeof(nint) || type == typeof(nuint) || type == typeof(int) || type == typeof(double)
        || type == typeof(sbyte) || type == typeof(byte) || type.IsPointer || type.IsFunctionPointer;
}
