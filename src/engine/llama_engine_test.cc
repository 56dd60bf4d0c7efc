// With the real llama.cpp and the real default model.
#include "engine/llama_engine.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <fstream>
#include <thread>

#include "os/files.h"
#include "os/temporary_folder.h"

namespace inferometer::engine {
namespace {

const std::filesystem::path kModel = INFEROMETER_SOURCE_DIR "/third_party/models/SmolLM2-135M-Instruct.Q4_1.gguf";

// The tests share the machine with each other; two threads that wait for one another would mostly wait.
constexpr int kThreads = 1;

double ProcessCpuMs() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
}

class LlamaEngineTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    recorder_ = std::move(*Recorder::Create({.device_id = "test-device"})).release();
    engine_ = MustLoad({.path = kModel, .threads = kThreads, .context_tokens = 512}).release();
  }
  static void TearDownTestSuite() {
    delete engine_;
    delete recorder_;
  }
  static std::unique_ptr<LlamaEngine> MustLoad(const ModelOptions& options) {
    auto engine = LlamaEngine::Load(options, *recorder_, {});
    EXPECT_TRUE(engine.ok()) << engine.status().message();
    return engine.ok() ? std::move(*engine) : nullptr;
  }
  static Status LoadStatus(const ModelOptions& options) { return LlamaEngine::Load(options, *recorder_, {}).status(); }
  Answer Ask(const std::string& prompt, const AnswerOptions& options = {.max_tokens = 8}) {
    return engine_->Ask(prompt, options, *recorder_, cancel_.get_token());
  }

  static inline Recorder* recorder_ = nullptr;
  static inline LlamaEngine* engine_ = nullptr;
  std::stop_source cancel_;
};

TEST_F(LlamaEngineTest, FactsSayWhatWasLoaded) {
  const ModelFacts& facts = engine_->facts();
  EXPECT_EQ(facts.name, "SmolLM2-135M-Instruct.Q4_1");
  EXPECT_EQ(facts.architecture, "llama");
  EXPECT_NE(facts.quantization.find("Q4_1"), std::string::npos) << facts.quantization;
  EXPECT_EQ(facts.description, "llama 256M Q4_1");
  EXPECT_EQ(facts.weights_bytes, 96576768U);
  EXPECT_EQ(facts.compute_device, "cpu");
  EXPECT_EQ(facts.threads, kThreads);
  EXPECT_EQ(facts.context_tokens, 512);
  EXPECT_NEAR(static_cast<double>(facts.parameters), 134.5e6, 1e6);
  EXPECT_NEAR(facts.file_size_mb, 93.8, 0.1);
  EXPECT_GT(facts.load_time_seconds, 0);
  EXPECT_GT(facts.memory_increase_mb.value_or(0), 50);
  EXPECT_FALSE(facts.engine_version.empty());
}

TEST_F(LlamaEngineTest, AnswerIsTextAndARecordWithEveryPhase) {
  const Answer answer = Ask("What is the capital of France?", {.max_tokens = 24});
  EXPECT_TRUE(answer.status.ok()) << answer.status.message();
  EXPECT_NE(answer.text.find("Paris"), std::string::npos) << answer.text;
  const InferenceRecord& record = answer.record;
  EXPECT_EQ(record.status, kStatusOk);
  EXPECT_EQ(record.model_name, "SmolLM2-135M-Instruct.Q4_1");
  EXPECT_EQ(record.compute_device, "cpu");
  EXPECT_GT(record.prompt_tokens.value_or(0), 8);
  EXPECT_GT(record.generated_tokens.value_or(0), 2);
  EXPECT_GT(record.prefill_ms.value_or(0), 0);
  EXPECT_GT(record.decode_ms.value_or(0), 0);
  EXPECT_LT(*record.time_to_first_token_ms, *record.inference_time_ms);
  EXPECT_GT(record.tokens_per_second.value_or(0), 1);
}

TEST_F(LlamaEngineTest, TemperatureZeroAnswersAlikeAndSeedsRepeat) {
  EXPECT_EQ(Ask("Name a colour.").text, Ask("Name a colour.").text);
  const AnswerOptions warm{.max_tokens = 16, .temperature = 1.5, .seed = 7};
  AnswerOptions other = warm;
  other.seed = 8;
  const std::string text = Ask("Tell me a story.", warm).text;
  EXPECT_EQ(text, Ask("Tell me a story.", warm).text);
  EXPECT_NE(text, Ask("Tell me a story.", other).text);
}

TEST_F(LlamaEngineTest, StopsAtTheTokenLimitOrAtTheEndOfTurn) {
  const Answer cut = Ask("Count from one to one hundred.", {.max_tokens = 5});
  EXPECT_EQ(cut.record.finish_reason, "length");
  EXPECT_EQ(cut.record.generated_tokens, 5);
  const Answer whole = Ask("Say only: yes", {.max_tokens = 200});
  EXPECT_EQ(whole.record.finish_reason, "stop") << whole.text;
  EXPECT_LT(whole.record.generated_tokens.value_or(999), 200);
  EXPECT_EQ(whole.text.find("<|im_end|>"), std::string::npos);
}

TEST_F(LlamaEngineTest, FullContextEndsTheAnswerAsLength) {
  auto engine = MustLoad({.path = kModel, .threads = 1, .context_tokens = 256});
  std::string prompt = "Write a very long story about a river.";
  for (int i = 0; i < 40; ++i) prompt += " More words.";
  const Answer answer = engine->Ask(prompt, {.max_tokens = 4096, .temperature = 2.0}, *recorder_, cancel_.get_token());
  EXPECT_TRUE(answer.status.ok()) << answer.status.message();
  EXPECT_LE(answer.record.prompt_tokens.value_or(0) + answer.record.generated_tokens.value_or(0),
            engine->facts().context_tokens + 1);
}

TEST_F(LlamaEngineTest, PromptLongerThanTheContextIsAFailedRecord) {
  std::string prompt;
  for (int i = 0; i < 600; ++i) prompt += "word ";
  const Answer answer = Ask(prompt);
  EXPECT_EQ(answer.record.status, kStatusError);
  EXPECT_EQ(answer.record.error_type, "prompt_too_long");
  EXPECT_NE(answer.status.message().find("--context"), std::string::npos);
  EXPECT_TRUE(Ask("And now?").status.ok());
}

TEST_F(LlamaEngineTest, PromptLongerThanABatchIsEvaluatedInPieces) {
  auto engine = MustLoad({.path = kModel, .threads = 1, .context_tokens = 1024});
  std::string prompt;
  for (int i = 0; i < 600; ++i) prompt += "word ";
  prompt += "What is the capital of France?";
  const Answer answer = engine->Ask(prompt, {.max_tokens = 2}, *recorder_, cancel_.get_token());
  EXPECT_NE(answer.record.error_type, "engine_error")
      << answer.status.message();  // the model may well say nothing to it
  EXPECT_GT(answer.record.prompt_tokens.value_or(0), 512);
}

TEST_F(LlamaEngineTest, CancelledInferenceIsARecordAndTheNextOneWorks) {
  std::thread canceller([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    cancel_.request_stop();
  });
  const Answer answer = Ask("Write a long story.", {.max_tokens = 400});
  canceller.join();
  EXPECT_EQ(answer.record.status, kStatusError);
  EXPECT_EQ(answer.record.error_type, "cancelled");
  EXPECT_EQ(answer.status.code(), Code::kCancelled);
  cancel_ = {};
  EXPECT_TRUE(Ask("And now?").status.ok());
}

TEST_F(LlamaEngineTest, NoCpuIsBurnedBetweenInferences) {
  (void)Ask("Name a colour.");
  const double before_ms = ProcessCpuMs();
  std::this_thread::sleep_for(std::chrono::milliseconds(400));
  EXPECT_LT(ProcessCpuMs() - before_ms, 10);
}

TEST_F(LlamaEngineTest, TruncatedModelSaysSo) {
  const os::TemporaryFolder folder;
  std::filesystem::copy_file(kModel, folder.path() / "cut.gguf");
  for (const std::uintmax_t size : {50'000'000U, 100'000U, 1000U, 8U}) {
    std::filesystem::resize_file(folder.path() / "cut.gguf", size);
    const Status status = LoadStatus({.path = folder.path() / "cut.gguf"});
    EXPECT_EQ(status.code(), Code::kDataLoss) << size << ": " << status.message();
    EXPECT_NE(status.message().find("truncated"), std::string::npos) << status.message();
  }
}

TEST_F(LlamaEngineTest, MissingModelAndMissingGpuAreExplained) {
  EXPECT_EQ(LoadStatus({.path = "/nowhere.gguf"}).code(), Code::kNotFound);
  const Status status = LoadStatus({.path = kModel, .gpu_layers = -1});
  EXPECT_EQ(status.code(), Code::kUnavailable);
  EXPECT_NE(status.message().find("--gpu-layers"), std::string::npos);
}

TEST_F(LlamaEngineTest, ModelThatDoesNotFitIsRefused) {
  const os::TemporaryFolder folder;
  folder.Put("meminfo", "MemAvailable: 1024 kB\n");
  EXPECT_EQ(LoadStatus({.path = kModel, .procfs = folder.path()}).code(), Code::kResourceExhausted);
}

TEST_F(LlamaEngineTest, LoadingCanBeStopped) {
  auto engine = LlamaEngine::Load({.path = kModel}, *recorder_, [](float) { return false; });
  EXPECT_EQ(engine.status().code(), Code::kCancelled);
}

TEST_F(LlamaEngineTest, TestOfAPromptHasItsTimeAndNoToken) {
  const Answer answer = engine_->RunFixed({.prompt_tokens = 9}, *recorder_, {});
  ASSERT_TRUE(answer.status.ok()) << answer.status.message();
  const InferenceRecord& record = answer.record;
  EXPECT_EQ(record.status, "ok");
  EXPECT_EQ(record.prompt_tokens, 9);
  EXPECT_EQ(record.generated_tokens, 0);
  EXPECT_FALSE(record.time_to_first_token_ms || record.decode_ms || record.tokens_per_second);
  EXPECT_NEAR(*record.prefill_ms, *record.inference_time_ms, 1);
  EXPECT_NEAR(*record.prompt_tokens_per_second, 9000 / *record.prefill_ms, 0.1);
  EXPECT_NE(std::find(record.flags.begin(), record.flags.end(), "synthetic"), record.flags.end());
}

TEST_F(LlamaEngineTest, TestOfTokensHasNoPrompt) {
  const Answer answer = engine_->RunFixed({.generated_tokens = 4}, *recorder_, {});
  EXPECT_EQ(answer.record.prompt_tokens, 0);
  EXPECT_EQ(answer.record.generated_tokens, 4);
  EXPECT_TRUE(answer.record.tokens_per_second.has_value());
  EXPECT_FALSE(answer.record.prefill_ms || answer.record.prompt_tokens_per_second);
}

TEST_F(LlamaEngineTest, TestThatTheContextCannotHoldIsAFailedRecord) {
  const Answer answer = engine_->RunFixed({.prompt_tokens = 600}, *recorder_, {});
  EXPECT_EQ(answer.record.error_type, "prompt_too_long");
  EXPECT_NE(answer.status.message().find("the context holds 512"), std::string::npos);
  EXPECT_TRUE(engine_->RunFixed({.prompt_tokens = 2}, *recorder_, {}).status.ok());
}

TEST_F(LlamaEngineTest, TestThatIsStoppedIsCancelled) {
  cancel_.request_stop();
  const Answer answer = engine_->RunFixed({.generated_tokens = 100}, *recorder_, cancel_.get_token());
  EXPECT_EQ(answer.record.error_type, "cancelled");
  EXPECT_TRUE(engine_->RunFixed({.generated_tokens = 1}, *recorder_, {}).status.ok());
}

}  // namespace
}  // namespace inferometer::engine
