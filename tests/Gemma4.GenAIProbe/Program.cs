using System.Runtime.CompilerServices;
using Gemma4;
using Gemma4.GenAIProbe;
using Gemma4.Generation;
using Gemma4.Models;
using Gemma4.OnnxRuntimeGenAI;
using Gemma4.OnnxRuntimeGenAI.Cuda;
using Gemma4.OnnxRuntimeGenAI.Native;
using Gemma4.OnnxRuntimeGenAI.Tests;
using Gemma4.Testing;

// A process of its own around one load of the native library: <what> <model folder> [library].
// The exit code tells whether the library ended the process with an abort.
string what = args[0];
string folder = args[1];
OnnxRuntimeGenAIOptions options = new() { LibraryPath = args.Length > 2 ? args[2] : null };
int[] prompt = [2, 10, 11, 12];

switch (what)
{
    case "dispose":
        using (IGenerationEngine engine = Load())
        using (IGenerationSession session = engine.CreateSession())
        {
            session.Append(prompt);
        }

        Console.WriteLine($"alive: {OgaRuntime.Alive}");
        return 0;

    case "forget":
        Load().CreateSession().Append(prompt);
        Console.WriteLine($"alive: {OgaRuntime.Alive > 0}");
        return 0;

    case "leftover":
        OgaRuntime.Load(options);
        AppContext.SetData("leftover", OgaConfigHandle.Read(folder));
        Console.WriteLine($"alive: {OgaRuntime.Alive}");
        return 0;

    case "drop":
        Drop();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        Console.WriteLine($"alive: {OgaRuntime.Alive}");
        return 0;

    case "busy":
    case "stubborn":
        {
            NativeGenerationEngine.ExitPatience = TimeSpan.FromMilliseconds(what == "busy" ? 60_000 : 100);
            IGenerationEngine engine = Load();
            ToyControls toy = new(options.LibraryPath!);
            toy.Set("slow_ms", 120_000);
            toy.Set("ignore_terminate", what == "busy" ? 0 : 1);
            IGenerationSession session = engine.CreateSession();
            Thread step = new(() =>
            {
                try
                {
                    session.Append(prompt);
                }
                catch (ObjectDisposedException)
                {
                    Console.WriteLine("step: ended");
                }
            })
            { IsBackground = true };
            if (what == "busy")
            {
                // After the engine's own, which was there first: the process would end while the step still says how it ended.
                AppDomain.CurrentDomain.ProcessExit += (_, _) => step.Join(NativeGenerationEngine.ExitPatience);
            }

            step.Start();
            while (toy.SlowSteps == 0)
            {
                Thread.Yield();
            }

            Console.WriteLine("exit: during a step");
            Environment.Exit(0);
            return 0;
        }

    case "conform":
        {
            ProbeConformance suite = new(Load);
            foreach (string behaviour in GenerationEngineConformance.Behaviours)
            {
                suite.Run(behaviour);
            }

            Console.WriteLine($"conforms: {OgaRuntime.Capabilities}");
            return 0;
        }

    case "cuda":
        try
        {
            CudaPreflight.Check(args.Length > 2 ? args[2] : Path.Combine(AppContext.BaseDirectory, LibraryLocator.FileName));
            Console.WriteLine("cuda: usable");
        }
        catch (Gemma4ModelException exception)
        {
            Console.WriteLine(exception.Message);
        }

        return 0;

    case "find":
        try
        {
            using IGenerationEngine engine = Load();
            Console.WriteLine($"engine: {engine}");
        }
        catch (Gemma4ModelException exception)
        {
            Console.WriteLine(exception.Message);
        }

        return 0;

    default:
        Console.Error.WriteLine($"'{what}' is not known.");
        return 2;
}

NativeGenerationEngine Load() => NativeGenerationEngine.Load(Gemma4ModelFolder.Open(folder), options);

// Not inlined: the engine must be unreachable afterwards.
[MethodImpl(MethodImplOptions.NoInlining)]
void Drop()
{
    using IGenerationSession session = Load().CreateSession();
    session.Append(prompt);
}
