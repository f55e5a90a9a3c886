namespace Gemma4.Download.Tests;

/// <summary>What the server does wrong in one answer.</summary>
internal enum HubFault
{
    None,
    Redirect,
    Cut,
    Truncate,
    ShortLength,
    TooMany,
    Corrupt,
    IgnoreRange,
    IgnoreIfRange,
    WrongRangeStart,
    WrongRangeTotal,
    NoContentRange,
    PieceOnly,
    ChangeTag,
    Compress,
    Busy,
    TooManyRequests,
    Broken,
    RangeNotSatisfiable,
    RedirectLoop,
    Hang,
}
