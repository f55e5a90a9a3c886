namespace Gemma4.Remote;

/// <summary>The member of a request that turns thinking on and off; servers differ.</summary>
public enum RemoteThinking
{
    /// <summary><c>reasoning_effort</c>, OpenAI's own member; Ollama and Vertex read it.</summary>
    ReasoningEffort,

    /// <summary>
    /// <c>chat_template_kwargs.enable_thinking</c>, which vLLM, SGLang and llama.cpp hand to Gemma's chat template. On or
    /// off: the efforts from Low to ExtraHigh are one and the same.
    /// </summary>
    ChatTemplate,
}
