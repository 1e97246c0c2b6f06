"""Local models run by vLLM: the keys, prompts and parsers of the transformers engine, vLLM's batching.

Nothing here imports vllm before a system is opened.
"""
