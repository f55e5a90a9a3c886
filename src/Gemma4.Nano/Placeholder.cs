namespace Gemma4.Nano; internal static class Placeholder { }
