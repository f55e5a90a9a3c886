using Xunit;

// The native library and its fault switches belong to the process: one test at a time.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
