// With the real engine and the real default model; what the network does to a device stands in tests/end_to_end.
#include "device/device.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "base/clock.h"
#include "os/faulty_files.h"
#include "os/temporary_folder.h"

namespace inferometer::device {
namespace {

const std::filesystem::path kModel = INFEROMETER_SOURCE_DIR "/third_party/models/SmolLM2-135M-Instruct.Q4_1.gguf";

class DeviceTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    recorder_ = std::move(*Recorder::Create({.device_id = "test-device"})).release();
    engine_ =
        std::move(*engine::LlamaEngine::Load({.path = kModel, .threads = 1, .context_tokens = 256}, *recorder_, {}))
            .release();
  }
  static void TearDownTestSuite() {
    delete engine_;
    delete recorder_;
  }
  void SetUp() override {
    auto directory =
        store::MetricsDirectory::Open({.folder = folder_.path() / "d", .device_id = "test-device"}, *calls_, clock_);
    ASSERT_TRUE(directory.ok()) << directory.status().message();
    directory_.emplace(std::move(*directory));
    prompt_.emplace(*telemetry::PromptTemplate::Parse("Temperature {temp}. One word: warm or cold?"));
  }
  DeviceCounts Run(std::uint64_t messages, DeviceOptions options, bool with_engine = true) {
    GeneratorSource source(*telemetry::Generator::Create("test-device", 1, WallTime()), messages, std::nullopt);
    options.answer.max_tokens = 2;
    Device device(options,
                  {source, *directory_, *recorder_, with_engine ? engine_ : nullptr, nullptr, inbox_, *prompt_},
                  Events());
    status_ = device.Run(stop_.get_token());
    return device.counts();
  }
  DeviceEvents Events() {
    return {.on_answer =
                [this](std::uint64_t message, const engine::Answer& answer) {
                  answered_.push_back(message);
                  if (stop_after_ && answered_.size() == *stop_after_) stop_.request_stop();
                  last_ = answer.record;
                },
            .on_saved = [this](const store::SavedFile& saved) { saved_.push_back(saved.summary.total_inferences); },
            .on_problem = [this](const std::string& problem) { problems_.push_back(problem); }};
  }

  static inline Recorder* recorder_ = nullptr;
  static inline engine::LlamaEngine* engine_ = nullptr;
  os::TemporaryFolder folder_;
  base::SystemClock clock_;
  bool disk_full_ = false;
  os::FaultyFileCalls faulty_{[this](int) { return disk_full_ ? ENOSPC : 0; }};
  os::FileCalls* calls_ = &faulty_;
  std::optional<store::MetricsDirectory> directory_;
  std::optional<telemetry::PromptTemplate> prompt_;
  Inbox inbox_{10};
  std::stop_source stop_;
  std::optional<std::size_t> stop_after_;
  Status status_;
  std::vector<std::uint64_t> answered_;
  std::vector<std::int64_t> saved_;
  std::vector<std::string> problems_;
  InferenceRecord last_;
};

TEST_F(DeviceTest, EveryNthMessageIsAskedAndSavesComeInTurn) {
  const DeviceCounts counts = Run(17, {.interval = 3, .save_every_messages = 6});
  EXPECT_EQ(answered_, (std::vector<std::uint64_t>{3, 6, 9, 12, 15}));
  EXPECT_EQ(saved_, (std::vector<std::int64_t>{2, 2, 1}));
  EXPECT_EQ(counts.messages, 17U);
  EXPECT_EQ(counts.inferences, 5U);
  EXPECT_EQ(counts.failed, 0U);
  EXPECT_EQ(counts.unsaved, 0U);
  EXPECT_EQ(last_.device_id, "test-device");
  EXPECT_EQ(last_.generated_tokens.value_or(0), 2);
}

TEST_F(DeviceTest, EndsAfterTheMessagesAskedFor) {
  EXPECT_EQ(Run(100, {.interval = 50, .most_messages = 7}).messages, 7U);
}

TEST_F(DeviceTest, WithoutAnEngineMessagesAreCountedOnly) {
  const DeviceCounts counts = Run(20, {}, false);
  EXPECT_EQ(counts.messages, 20U);
  EXPECT_EQ(counts.inferences, 0U);
  EXPECT_TRUE(saved_.empty());
}

TEST_F(DeviceTest, StopSavesWhatWasFinished) {
  stop_after_ = 2;
  Run(1000, {.interval = 1, .save_every_messages = 1000});
  EXPECT_TRUE(status_.ok());
  EXPECT_EQ(saved_, (std::vector<std::int64_t>{2}));
}

TEST_F(DeviceTest, FullDiskFailsNoInferenceAndLosesNothingOnceThereIsRoom) {
  disk_full_ = true;
  stop_after_ = 3;
  DeviceCounts counts = Run(1000, {.interval = 1, .save_every_messages = 2});
  EXPECT_EQ(counts.failed, 0U);
  EXPECT_EQ(counts.unsaved, 3U);
  EXPECT_FALSE(problems_.empty());
  disk_full_ = false;
  stop_ = {};
  stop_after_.reset();
  counts = Run(1, {.interval = 1, .save_every_messages = 2});
  EXPECT_EQ(saved_, (std::vector<std::int64_t>{4}));
  EXPECT_EQ(counts.unsaved, 0U);
}

TEST_F(DeviceTest, InputErrorIsReturnedAfterTheSave) {
  const auto csv =
      folder_.Put("a.csv", "ts,device,co,humidity,light,lpg,motion,smoke,temp\n1,other-device,0,5,0,0,0,0,2\n");
  auto source = ReplaySource::Open(csv, {"test-device", {}}, [](const std::string&) {});
  ASSERT_TRUE(source.ok());
  Device device({}, {**source, *directory_, *recorder_, engine_, nullptr, inbox_, *prompt_}, Events());
  EXPECT_EQ(device.Run(stop_.get_token()).code(), Code::kNotFound);
}

}  // namespace
}  // namespace inferometer::device
