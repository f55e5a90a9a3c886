namespace Gemma4.Testing; internal static class Placeholder { }
