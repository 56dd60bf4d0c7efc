// With the real engine and the real default model; what the network does to a device stands in tests/end_to_end.
#include "device/device.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <thread>

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
    prompt_.emplace(*telemetry::PromptTemplate::Parse("Temperature {temp}. One word: warm or cold?"));
    StartKeeper();
  }
  // As at the start of a run.
  void StartKeeper() {
    KeepingOptions options{.folder = folder_.path() / "d", .device_id = "test-device"};
    options.journal.stream = ++stream_;
    auto keeping = RecordKeeping::Open(std::move(options), faulty_, clock_);
    ASSERT_TRUE(keeping.ok()) << keeping.status().message();
    keeper_ = std::make_unique<Keeper>(
        KeeperOptions{}, std::move(*keeping), nullptr, clock_,
        KeeperEvents{
            .on_saved = [this](const store::SavedFile& saved) { saved_.push_back(saved.summary.total_inferences); },
            .on_problem = [this](const std::string& problem) { problems_.push_back(problem); }});
  }
  DeviceCounts Run(std::uint64_t messages, DeviceOptions options, bool with_engine = true) {
    GeneratorSource source(*telemetry::Generator::Create("test-device", 1, WallTime()), messages, std::nullopt);
    options.answer.max_tokens = 2;
    Device device(options, {source, *keeper_, *recorder_, with_engine ? engine_ : nullptr, nullptr, inbox_, *prompt_},
                  Events());
    status_ = device.Run(stop_.get_token());
    EXPECT_TRUE(keeper_->Flush(std::chrono::seconds(20)));
    return device.counts();
  }
  DeviceEvents Events() {
    return {.on_answer = [this](std::uint64_t message, const engine::Answer& answer) {
      answered_.push_back(message);
      if (stop_after_ && answered_.size() == *stop_after_) stop_.request_stop();
      last_ = answer.record;
    }};
  }

  static inline Recorder* recorder_ = nullptr;
  static inline engine::LlamaEngine* engine_ = nullptr;
  os::TemporaryFolder folder_;
  base::SystemClock clock_;
  std::atomic<bool> disk_full_ = false;
  os::FaultyFileCalls faulty_{[this](int) { return disk_full_ ? ENOSPC : 0; }};
  store::StreamId stream_ = 0;
  std::optional<telemetry::PromptTemplate> prompt_;
  Inbox inbox_{10};
  std::stop_source stop_;
  std::optional<std::size_t> stop_after_;
  Status status_;
  std::vector<std::uint64_t> answered_;
  InferenceRecord last_;
  std::vector<std::int64_t> saved_;    // by the keeper's thread; looked at after Flush or Finish
  std::vector<std::string> problems_;  // likewise
  std::unique_ptr<Keeper> keeper_;     // last: its thread ends before all else
};

TEST_F(DeviceTest, EveryNthMessageIsAskedAndSavesComeInTurn) {
  const DeviceCounts counts = Run(17, {.interval = 3, .save_every_messages = 6});
  EXPECT_EQ(answered_, (std::vector<std::uint64_t>{3, 6, 9, 12, 15}));
  EXPECT_EQ(saved_, (std::vector<std::int64_t>{2, 2, 1}));
  EXPECT_EQ(counts.messages, 17U);
  EXPECT_EQ(counts.inferences, 5U);
  EXPECT_EQ(counts.failed, 0U);
  EXPECT_EQ(keeper_->stats().unsaved, 0U);
  EXPECT_EQ(last_.device_id, "test-device");
  EXPECT_EQ(last_.record_id, "test-device/0000000000000001/5");
  EXPECT_EQ(last_.generated_tokens.value_or(0), 2);
}

TEST_F(DeviceTest, OnlyTheFirstInferenceAfterTheLoadIsMarked) {
  Run(1, {.interval = 1});
  EXPECT_EQ(last_.warmup, true);
  Run(2, {.interval = 1});
  EXPECT_EQ(last_.warmup, std::nullopt);
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
  const DeviceCounts counts = Run(1000, {.interval = 1, .save_every_messages = 2});
  EXPECT_EQ(counts.failed, 0U);
  EXPECT_EQ(keeper_->stats().unsaved, 3U);
  EXPECT_FALSE(problems_.empty());
  disk_full_ = false;
  stop_ = {};
  stop_after_.reset();
  Run(1, {.interval = 1, .save_every_messages = 2});
  keeper_->Finish();
  EXPECT_EQ(saved_, (std::vector<std::int64_t>{4}));
  EXPECT_EQ(keeper_->stats().unsaved, 0U);
  EXPECT_EQ(keeper_->stats().lost_records, 0U);
}

TEST_F(DeviceTest, WhatAKilledRunLeftIsSavedAtTheNextStart) {
  Run(3, {.interval = 1, .save_every_messages = 100});
  ASSERT_EQ(saved_.size(), 1U);
  Keeper& killed = *keeper_;
  (void)killed.Keep(last_);
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (killed.stats().durable_upto < 4 && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  keeper_.reset();  // without Finish
  StartKeeper();
  keeper_->Finish();
  EXPECT_EQ(saved_, (std::vector<std::int64_t>{3, 1}));
}

TEST_F(DeviceTest, InputErrorIsReturned) {
  const auto csv =
      folder_.Put("a.csv", "ts,device,co,humidity,light,lpg,motion,smoke,temp\n1,other-device,0,5,0,0,0,0,2\n");
  auto source = ReplaySource::Open(csv, {"test-device", {}}, [](const std::string&) {});
  ASSERT_TRUE(source.ok());
  Device device({}, {**source, *keeper_, *recorder_, engine_, nullptr, inbox_, *prompt_}, Events());
  EXPECT_EQ(device.Run(stop_.get_token()).code(), Code::kNotFound);
}

}  // namespace
}  // namespace inferometer::device
