// Notebook cells write to the process's console, which the runner redirects: one test at a time.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
