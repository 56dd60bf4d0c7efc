#pragma once
// The engine doing one kind of work only, so that its power can be measured: prompts, or single tokens. Internal to
// src/engine; needs llama.h.

#include <cstdint>
#include <functional>

#include "engine/runtime.h"
#include "inferometer/status.h"

namespace inferometer::engine {

// Both work on random tokens from an empty context until `go_on` says no, which is asked between decodes: after each
// piece of a prompt (64 tokens), after each token. They return the tokens that were decoded.
[[nodiscard]] Result<std::uint64_t> EvaluatePromptsWhile(Runtime& runtime, const std::function<bool()>& go_on);
[[nodiscard]] Result<std::uint64_t> DecodeTokensWhile(Runtime& runtime, const std::function<bool()>& go_on);

}  // namespace inferometer::engine
