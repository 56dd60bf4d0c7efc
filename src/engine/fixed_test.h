#pragma once
// A measured test on random tokens, as llama-bench's pp and tg are. Internal to src/engine; needs llama.h.

#include <stop_token>

#include "engine/llama_engine.h"
#include "engine/runtime.h"
#include "inferometer/recorder.h"

namespace inferometer::engine {

// From an empty context; see LlamaEngine::RunFixed. Everything passed in must outlive the call.
[[nodiscard]] Answer RunFixedTest(Runtime& runtime, const FixedTest& test, const ModelIdentity& model,
                                  Recorder& recorder, const std::stop_token& cancel);

}  // namespace inferometer::engine
