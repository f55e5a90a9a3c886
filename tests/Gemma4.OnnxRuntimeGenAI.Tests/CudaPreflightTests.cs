using System.Text;
using Gemma4.OnnxRuntimeGenAI.Cuda;
using Xunit;

namespace Gemma4.OnnxRuntimeGenAI.Tests;

public sealed class CudaPreflightTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("gemma4-cuda-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_driver_fault_comes_first() =>
        Assert.Equal("no driver", new CudaPreflight(_ => true, () => "no driver", windows: false).Find([_folder]));

    [Fact]
    public void The_package_with_the_processor_build_is_told_apart()
    {
        var fault = Linux(_ => true).Find([_folder]);

        Assert.Contains("'libonnxruntime-genai-cuda.so' is not in", fault, StringComparison.Ordinal);
        Assert.Contains("Microsoft.ML.OnnxRuntimeGenAI.Cuda", fault, StringComparison.Ordinal);
    }

    [Fact]
    public void A_processor_build_of_onnx_runtime_beside_it_is_told_apart()
    {
        Write("libonnxruntime-genai-cuda.so", "");

        Assert.Contains("remove the processor package Microsoft.ML.OnnxRuntime", Linux(_ => true).Find([_folder]), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("libcublasLt.so.12", "libcudart.so.12, libcublasLt.so.12, libcublas.so.12, libcurand.so.10, libcufft.so.11, libcudnn.so.9")]
    [InlineData("libcublasLt.so.13", "libcudart.so.13, libcublasLt.so.13, libcublas.so.13, libcurand.so.10, libcufft.so.12, libcudnn.so.9")]
    public void The_provider_file_tells_which_versions_must_be_there(string needed, string missing)
    {
        Provider(needed);

        var fault = Linux(_ => false).Find([_folder]);

        Assert.Contains($"these libraries cannot be loaded: {missing}.", fault, StringComparison.Ordinal);
    }

    [Fact]
    public void Only_what_is_missing_is_named()
    {
        Provider("libcublasLt.so.12");

        var fault = Linux(name => name != "libcudnn.so.9").Find([_folder]);

        Assert.Contains("was built for CUDA 12 and these libraries cannot be loaded: libcudnn.so.9.", fault, StringComparison.Ordinal);
        Assert.Null(Linux(_ => true).Find([_folder]));
    }

    [Fact]
    public void On_Windows_the_names_are_those_of_Windows()
    {
        Write("onnxruntime-genai-cuda.dll", "");
        Write("onnxruntime_providers_cuda.dll", "..cublasLt64_12.dll..");

        var fault = new CudaPreflight(_ => false, () => null, windows: true).Find([_folder]);

        Assert.Contains("cudart64_12.dll, cublasLt64_12.dll, cublas64_12.dll, cufft64_11.dll, cudnn64_9.dll", fault, StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_across_two_blocks_of_a_large_file_is_found()
    {
        var text = new string('.', (1 << 20) - 6) + "libcublasLt.so.12" + new string('.', 1 << 20);
        Write("large", text);

        Assert.Equal(1, LibraryNames.FirstIn(Path.Combine(_folder, "large"), ["libcublasLt.so.13", "libcublasLt.so.12"]));
        Assert.Equal(-1, LibraryNames.FirstIn(Path.Combine(_folder, "large"), ["libcublasLt.so.11"]));
    }

    private static CudaPreflight Linux(Func<string, bool> canLoad) => new(canLoad, () => null, windows: false);

    private void Provider(string needed)
    {
        Write("libonnxruntime-genai-cuda.so", "");
        Write("libonnxruntime_providers_cuda.so", $"\u007fELF....{needed}....");
    }

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(_folder, name), text, Encoding.Latin1);
}
