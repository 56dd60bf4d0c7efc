// Our counts of tokens against the engine's own.
#include "engine/generation.h"

#include <gtest/gtest.h>

#include "engine/engine_log.h"
#include "engine/runtime.h"

namespace inferometer::engine {
namespace {

const std::string kModel = INFEROMETER_SOURCE_DIR "/third_party/models/SmolLM2-135M-Instruct.Q4_1.gguf";

class GenerationTest : public testing::Test {
 protected:
  GenerationTest() {
    CaptureEngineLog();
    runtime_.model.reset(llama_model_load_from_file(kModel.c_str(), llama_model_default_params()));
    auto recorder = Recorder::Create({.device_id = "counts", .energy = EnergyChoice::kNone});
    EXPECT_TRUE(recorder.ok());
    recorder_ = std::move(recorder).value();
  }
  InferenceRecord Ask(const std::string& prompt, int max_tokens) {
    const AnswerOptions options{.max_tokens = max_tokens};
    llama_perf_context_reset(runtime_.context.get());
    Generation generation(runtime_, options, {}, recorder_->Begin({"m", kCpu}));
    const Answer answer = generation.Run(prompt);
    EXPECT_TRUE(answer.status.ok()) << answer.status.message();
    return answer.record;
  }
  llama_perf_context_data EngineCounts() { return llama_perf_context(runtime_.context.get()); }

  std::unique_ptr<Recorder> recorder_;
  Runtime runtime_;
};

TEST_F(GenerationTest, TokenCountsAreTheEnginesOwn) {
  ASSERT_NE(runtime_.model, nullptr);
  ASSERT_TRUE(runtime_.OpenContext(512, 2));
  for (const auto& [prompt, max_tokens] : {std::pair{"Count to one hundred, slowly, in words.", 9},
                                           std::pair{"Tell me a long story about a lighthouse and the sea.", 17}}) {
    const InferenceRecord record = Ask(prompt, max_tokens);
    ASSERT_EQ(record.finish_reason, "length");
    EXPECT_EQ(record.generated_tokens, max_tokens);
    EXPECT_EQ(record.prompt_tokens, EngineCounts().n_p_eval);
    EXPECT_EQ(*record.generated_tokens, EngineCounts().n_eval + 1);  // the first one comes with the prompt
  }
}

}  // namespace
}  // namespace inferometer::engine
