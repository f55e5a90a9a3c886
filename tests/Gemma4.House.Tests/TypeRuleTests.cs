using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace Gemma4.House.Tests;

public sealed partial class TypeRuleTests
{
    /// <summary>Public classes that are neither sealed nor abstract, each with its reason.</summary>
    private static readonly HashSet<string> OpenForDerivation =
    [
        "Gemma4.Gemma4ModelException", // thrown itself, and the base of Gemma4ContextOverflowException: one catch takes both
    ];

    public static TheoryData<string> Names => Libraries.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_public_class_is_sealed_abstract_or_static(string library)
    {
        var offences = Libraries.Load(library).GetExportedTypes()
            .Where(type => type.IsClass && !type.IsSealed && !type.IsAbstract && !OpenForDerivation.Contains(type.FullName!))
            .Select(type => type.FullName);

        Assert.Empty(offences);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_internal_class_without_heirs_is_sealed(string library)
    {
        var types = Libraries.Load(library).GetTypes();
        var bases = types.Select(type => type.BaseType).OfType<Type>()
            .Select(type => type.IsGenericType ? type.GetGenericTypeDefinition() : type)
            .ToHashSet();
        var offences = types
            .Where(type => type.IsClass && !type.IsVisible && !type.IsSealed && !type.IsAbstract && !bases.Contains(type))
            .Where(type => type.GetCustomAttribute<CompilerGeneratedAttribute>() is null && !type.Name.Contains('<'))
            .Select(type => type.FullName);

        Assert.Empty(offences);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void No_type_hides_behind_a_name_that_says_nothing(string library)
    {
        var offences = Libraries.Load(library).GetTypes()
            .Where(type => type.Namespace?.StartsWith("Gemma4", StringComparison.Ordinal) == true)
            .Where(type => EmptyWord().IsMatch(type.Name))
            .Select(type => type.FullName);

        Assert.Empty(offences);
    }

    [Theory]
    [InlineData("StringUtils", true)]
    [InlineData("TokenHelper", true)]
    [InlineData("CommonTypes", true)]
    [InlineData("CacheManager", true)]
    [InlineData("ParserImpl", true)]
    [InlineData("ImplicitCall", false)]
    [InlineData("Tokenizer", false)]
    public void The_name_rule_tells_words_from_parts_of_words(string name, bool isEmptyWord) =>
        Assert.Equal(isEmptyWord, EmptyWord().IsMatch(name));

    [GeneratedRegex("(Utils?|Utility|Utilities|Helpers?|Common|Managers?|Impl)(?![a-z])")]
    private static partial Regex EmptyWord();
}
