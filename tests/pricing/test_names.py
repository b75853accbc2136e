"""Every spelling of a provider is one provider, and a model's maker is known or empty."""

import pytest

from pricing.names import canonical_provider, vendor_of


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("openai", "openai"), ("OpenAI", "openai"), ("openai.chat", "openai"), ("openai.responses", "openai"),
        ("azure", "azure"), ("az.ai.openai", "azure"), ("azure.ai.openai", "azure"), ("azure-openai.responses", "azure"),
        ("anthropic", "anthropic"), ("anthropic.messages", "anthropic"),
        ("gcp.gemini", "google"), ("gcp.gen_ai", "google"), ("gcp.vertex_ai", "google"), ("vertex_ai", "google"),
        ("vertexai", "google"), ("gemini", "google"), ("google.generative-ai", "google"), ("google.vertex.chat", "google"),
        ("mistral_ai", "mistral"), ("mistralai", "mistral"), ("mistral", "mistral"),
        ("aws.bedrock", "aws-bedrock"), ("bedrock", "aws-bedrock"), ("amazon-bedrock", "aws-bedrock"),
        ("groq", "groq"), ("cohere", "cohere"), ("together_ai", "together"), ("x_ai", "xai"), ("deepseek", "deepseek"),
        ("perplexity", "perplexity"), ("fireworks_ai", "fireworks"), ("openrouter", "openrouter"),
        (" My-Own-Gateway ", "my-own-gateway"), ("acme.v2", "acme.v2"), ("", ""), (None, ""),
    ],
)  # fmt: skip
def test_a_provider_has_one_name(raw: str | None, name: str) -> None:
    assert canonical_provider(raw) == name


@pytest.mark.parametrize(
    ("model", "provider", "vendor"),
    [
        ("gpt-4o", "azure", "openai"), ("o3-mini", "", "openai"), ("text-embedding-3-small", "", "openai"),
        ("ft:gpt-4o-mini-2024-07-18:acme::abc", "openai", "openai"), ("chatgpt-4o-latest", "", "openai"),
        ("claude-3-opus-20240229", "aws-bedrock", "anthropic"), ("anthropic.claude-3-haiku-20240307-v1:0", "", "anthropic"),
        ("us.anthropic.claude-sonnet-4-20250514-v1:0", "bedrock", "anthropic"), ("anthropic/claude-3-opus", "openrouter", "anthropic"),
        ("gemini-2.5-pro", "", "google"), ("models/gemini-2.5-pro", "google", "google"), ("gemma-2-9b", "groq", "google"),
        ("mixtral-8x7b-32768", "groq", "mistral"), ("open-mistral-7b", "mistral", "mistral"), ("codestral-latest", "", "mistral"),
        ("llama-3.3-70b-instruct", "groq", "meta"), ("meta-llama/Llama-3.3-70B-Instruct-Turbo", "together", "meta"),
        ("meta.llama3-70b-instruct-v1:0", "bedrock", "meta"), ("command-r-plus", "", "cohere"), ("sonar-pro", "", "perplexity"),
        ("deepseek-chat", "", "deepseek"), ("deepseek-ai/DeepSeek-V3", "together", "deepseek"), ("qwen2.5-72b", "", "alibaba"),
        ("grok-3", "", "xai"), ("claude-3.5-opus", "anthropic", "anthropic"), ("brand-new", "anthropic", "anthropic"),
        ("brand-new", "openrouter", ""), ("my-model", "vllm", ""), ("", "openai", ""), (None, None, ""),
    ],
)  # fmt: skip
def test_who_made_a_model(model: str | None, provider: str | None, vendor: str) -> None:
    assert vendor_of(model, provider) == vendor
