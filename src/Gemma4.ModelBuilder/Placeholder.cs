namespace Gemma4.ModelBuilder; internal static class Placeholder { }
