namespace Gemma4.Safety.Detection.Schemas;

/// <summary>The types that a schema allows.</summary>
[Flags]
internal enum SchemaTypes
{
    Null = 1,
    Boolean = 2,
    Object = 4,
    Array = 8,
    Number = 16,
    String = 32,

    /// <summary>A number without a fraction; <see cref="Number"/> allows it too.</summary>
    Integer = 64,

    All = Null | Boolean | Object | Array | Number | String | Integer,
}
