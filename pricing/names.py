"""Who bills and who made a model: one spelling for every name that senders use (pure, cached)."""

from functools import lru_cache
from typing import Final

_SPELLINGS: Final = {
    "openai": ("openai", "open_ai", "open-ai", "chatgpt"),
    "azure": (
        "azure", "azure_openai", "azure-openai", "azure.openai", "azure.ai.openai", "azure.ai.inference", "azure_ai",
        "az.ai.openai", "az.ai.inference", "azure.ai_inference", "azure_ai_studio", "azure-ai-foundry", "azureopenai",
        "azure-cognitive-services", "microsoft.foundry",
    ),
    "anthropic": ("anthropic", "claude"),
    "google": (
        "google", "gemini", "gcp", "gcp.gemini", "gcp.gen_ai", "gcp.genai", "vertex_ai", "vertexai", "vertex-ai",
        "vertex", "gcp.vertex_ai", "google_ai", "google-ai", "google_genai", "google-genai", "google_vertexai",
        "google-vertex", "google-gla", "google-vertex-anthropic", "vertex_ai_beta", "google.generative-ai",
        "google.vertex", "google_gemini", "google-gemini", "vertex_ai-anthropic_models",
    ),
    "mistral": ("mistral", "mistral_ai", "mistralai", "mistral-ai", "codestral"),
    "groq": ("groq",),
    "cohere": ("cohere", "cohere_chat", "cohereai"),
    "aws-bedrock": (
        "aws-bedrock", "aws.bedrock", "aws_bedrock", "bedrock", "amazon-bedrock", "amazon_bedrock", "amazon", "aws",
        "bedrock_converse", "amazon.bedrock", "bedrock-runtime",
    ),
    "together": ("together", "together_ai", "together-ai", "togetherai", "together.ai"),
    "perplexity": ("perplexity", "perplexity_ai", "perplexity-ai", "perplexityai", "pplx"),
    "deepseek": ("deepseek", "deep_seek", "deepseek_ai", "deepseek-ai"),
    "xai": ("xai", "x_ai", "x-ai", "x.ai", "grok"),
    "fireworks": ("fireworks", "fireworks_ai", "fireworks-ai", "fireworksai"),
    "openrouter": ("openrouter", "open_router", "open-router", "openrouter.ai"),
    "ollama": ("ollama", "ollama_chat"),
    "vllm": ("vllm", "hosted_vllm"),
    "ibm-watsonx": ("ibm.watsonx.ai", "watsonx", "ibm_watsonx_ai", "ibm-watsonx"),
    "nvidia": ("nvidia", "nvidia_nim", "nvidia-nim", "nim"),
    "huggingface": ("huggingface", "hugging_face", "hugging-face", "hf"),
    "moonshotai": ("moonshotai", "moonshot", "moonshot_ai", "moonshot-ai"),
    "alibaba": ("alibaba", "dashscope", "qwen", "alibaba-cloud", "alibaba_cloud"),
    "voyageai": ("voyageai", "voyage", "voyage_ai", "voyage-ai"),
    "cloudflare": ("cloudflare", "workers-ai", "workers_ai", "cloudflare-workers-ai"),
    "github-copilot": ("github-copilot", "github_copilot", "copilot"),
    "replicate": ("replicate",),
    "cerebras": ("cerebras", "cerebras_ai"),
    "zai": ("zai", "z.ai", "z-ai", "z_ai"),
    "zhipuai": ("zhipuai", "zhipu", "zhipu_ai", "zhipu-ai", "bigmodel"),
    "minimax": ("minimax", "minimax_ai"),
    "litellm": ("litellm", "litellm_proxy"),
}  # fmt: skip
"""Canonical name: the spellings seen in OpenTelemetry, OpenInference, LiteLLM, LangChain and Vercel telemetry."""

_CANONICAL: Final = {spelling: name for name, spellings in _SPELLINGS.items() for spelling in spellings}

VENDORS: Final = (
    ("ft:gpt", "openai"), ("gpt-oss", "openai"), ("gpt", "openai"), ("chatgpt", "openai"), ("o1", "openai"),
    ("o3", "openai"), ("o4", "openai"), ("text-embedding-ada", "openai"), ("text-embedding-3", "openai"),
    ("text-moderation", "openai"), ("omni-moderation", "openai"), ("whisper", "openai"), ("tts-1", "openai"),
    ("dall-e", "openai"), ("davinci", "openai"), ("babbage", "openai"), ("codex", "openai"),
    ("computer-use-preview", "openai"), ("sora", "openai"),
    ("claude", "anthropic"),
    ("gemini", "google"), ("gemma", "google"), ("palm", "google"), ("imagen", "google"), ("veo-", "google"),
    ("text-bison", "google"), ("chat-bison", "google"), ("learnlm", "google"), ("text-embedding-004", "google"),
    ("text-embedding-005", "google"),
    ("mistral", "mistral"), ("mixtral", "mistral"), ("codestral", "mistral"), ("ministral", "mistral"),
    ("pixtral", "mistral"), ("magistral", "mistral"), ("devstral", "mistral"), ("voxtral", "mistral"),
    ("open-mistral", "mistral"), ("open-mixtral", "mistral"), ("open-codestral", "mistral"),
    ("llama", "meta"), ("meta-llama", "meta"), ("codellama", "meta"),
    ("command", "cohere"), ("embed-english", "cohere"), ("embed-multilingual", "cohere"), ("rerank-", "cohere"),
    ("c4ai-", "cohere"), ("aya-", "cohere"),
    ("sonar", "perplexity"), ("pplx-", "perplexity"), ("r1-1776", "perplexity"),
    ("deepseek", "deepseek"), ("grok", "xai"),
    ("qwen", "alibaba"), ("qwq", "alibaba"), ("qvq", "alibaba"),
    ("kimi", "moonshotai"), ("moonshot", "moonshotai"), ("glm-", "zhipuai"), ("minimax", "minimax"),
    ("nova-", "amazon"), ("titan-", "amazon"), ("jamba", "ai21"), ("j2-", "ai21"), ("phi-", "microsoft"),
    ("granite", "ibm"), ("nemotron", "nvidia"), ("voyage-", "voyageai"), ("jina-", "jina"),
)  # fmt: skip
"""Beginning of a model's name, in lower case: who made it. The first match counts."""

_MAKERS: Final = {
    "openai": "openai", "anthropic": "anthropic", "google": "google", "mistral": "mistral", "mistralai": "mistral",
    "meta": "meta", "meta-llama": "meta", "cohere": "cohere", "perplexity": "perplexity", "deepseek": "deepseek",
    "deepseek-ai": "deepseek", "xai": "xai", "x-ai": "xai", "qwen": "alibaba", "alibaba": "alibaba",
    "moonshotai": "moonshotai", "amazon": "amazon", "ai21": "ai21", "microsoft": "microsoft", "nvidia": "nvidia",
    "voyageai": "voyageai", "zhipuai": "zhipuai", "z-ai": "zhipuai", "minimax": "minimax", "ibm": "ibm",
}  # fmt: skip
"""Words that name the maker in `maker/model` and `maker.model` ids."""

_ONLY_OWN_MODELS: Final = frozenset({"openai", "anthropic", "mistral", "cohere", "perplexity", "deepseek", "xai"})
"""Providers that sell nothing but what they made."""

_REGION_HEADS: Final = ("us.", "eu.", "apac.", "global.", "us-gov.", "au.", "jp.", "ca.")


@lru_cache(maxsize=4096)
def canonical_provider(raw: str | None) -> str:
    """Return the one spelling of a provider's name; an unknown name is kept in lower case."""
    name = (raw or "").strip().lower()
    if not name or name in _CANONICAL:
        return _CANONICAL.get(name, "")
    head, dot, _ = name.partition(".")
    if dot and head in _CANONICAL:
        return _CANONICAL[head]
    return name


@lru_cache(maxsize=16384)
def vendor_of(model: str | None, provider: str | None = "") -> str:
    """Return who made a model: by its name, else the provider if it sells only its own; '' when unknown."""
    name = (model or "").strip().lower()
    if vendor := _maker(name):
        return vendor
    own = canonical_provider(provider)
    return own if name and own in _ONLY_OWN_MODELS else ""


def _maker(name: str) -> str:
    for candidate in _spellings_of_model(name):
        for head, vendor in VENDORS:
            if candidate.startswith(head):
                return vendor
    return _named_maker(name)


def _spellings_of_model(name: str) -> list[str]:
    """The name, then the name without what stands before it: `azure/gpt-4o`, `us.anthropic.claude-3-opus`."""
    tail = name.rsplit("/", 1)[-1]
    bare = tail
    for head in _REGION_HEADS:
        bare = bare.removeprefix(head)
    maker, dot, rest = bare.partition(".")
    return [name, tail, rest] if dot and maker in _MAKERS else [name, tail]


def _named_maker(name: str) -> str:
    parts = name.split("/")[:-1]
    bare = name.rsplit("/", 1)[-1]
    for head in _REGION_HEADS:
        bare = bare.removeprefix(head)
    return next((_MAKERS[part] for part in [*parts, bare.partition(".")[0]] if part in _MAKERS), "")
