namespace Gemma4.Templates.Tests;

/// <summary>All tests share what is packed, installed, made and built once.</summary>
[CollectionDefinition(Name)]
public sealed class SharedWorkshop : ICollectionFixture<TemplateWorkshop>
{
    public const string Name = "shared workshop";
}
