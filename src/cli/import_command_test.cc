#include "cli/import_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <thread>

#include "analyze/each_record.h"
#include "analyze/sample_files.h"
#include "cli/command.h"
#include "os/temporary_folder.h"

namespace inferometer::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr const char* kResponse =
    R"({"model":"gemma3","created_at":"2025-10-17T23:14:07.414671Z","done":true,"total_duration":174560334,"eval_count":18})";

struct Answer {
  int code = 0;
  std::string err;
};

// A source in a temporary folder, and the command run on it.
class ImportCommandTest : public ::testing::Test {
 protected:
  ImportCommandTest() { arguments_.out = folder_.path() / "metrics"; }

  Answer Run(const std::string& from) {
    arguments_.from = folder_.path() / from;
    std::FILE* err = std::tmpfile();
    Answer answer;
    answer.code = RunImport(arguments_, os::SystemFileCalls(), stop_.get_token(), err);
    answer.err.resize(static_cast<std::size_t>(std::ftell(err)));
    std::rewind(err);
    EXPECT_EQ(std::fread(answer.err.data(), 1, answer.err.size(), err), answer.err.size());
    std::fclose(err);
    return answer;
  }

  void ExpectUsage(const std::string& from, const std::string& why) {
    const Answer answer = Run(from);
    EXPECT_EQ(answer.code, kWrongUsage) << answer.err;
    EXPECT_THAT(answer.err, HasSubstr(why));
  }

  // Of the directory now.
  InferenceRecord OnlyRecord() {
    InferenceRecord only;
    const auto take = [&](const analyze::RecordOrigin&, const InferenceRecord& record) {
      only = record;
      return Ok();
    };
    EXPECT_TRUE(analyze::ForEachRecord(arguments_.out, take).ok());
    return only;
  }

  os::TemporaryFolder folder_;
  ImportArguments arguments_;
  std::stop_source stop_;
};

TEST_F(ImportCommandTest, FileIsImportedUnderTheGivenDevice) {
  folder_.Put("a.jsonl", std::string(kResponse) + "\n");
  arguments_.device_id = "00:0F:00:70:91:0A";
  arguments_.device_name = "edge-1";
  const Answer answer = Run("a.jsonl");
  EXPECT_EQ(answer.code, kDone) << answer.err;
  EXPECT_THAT(answer.err, HasSubstr("1 records into " + arguments_.out.string() + " (1 files)"));
  EXPECT_EQ(OnlyRecord().device_id, "00:0f:00:70:91:0a");
  EXPECT_TRUE(std::filesystem::exists(arguments_.out / "edge-1"));
  EXPECT_THAT(Run("a.jsonl").err,
              HasSubstr("0 records into " + arguments_.out.string() + " (0 files), 1 were there already"));
}

TEST_F(ImportCommandTest, OptionsStandInForWhatTheLinesLack) {
  folder_.Put("a.jsonl", R"({"done":true,"total_duration":1000000})"
                         "\n");
  arguments_.format = ImportFormat::kOllama;
  arguments_.model = "mine";
  arguments_.measured_at = "2026-01-02T03:04:05Z";
  const Answer answer = Run("a.jsonl");
  EXPECT_EQ(answer.code, kDone) << answer.err;
  EXPECT_THAT(answer.err, ::testing::Not(HasSubstr("--model")));
  EXPECT_EQ(OnlyRecord().model_name, "mine");
}

TEST_F(ImportCommandTest, WhatIsLeftOutIsNamedAndCounted) {
  std::string lines = std::string(kResponse) + "\n{\"done\":false,\"created_at\":\"x\"}\n";
  for (int i = 0; i < 25; ++i) lines += "x\n";
  folder_.Put("a.jsonl", lines);
  const Answer answer = Run("a.jsonl");
  EXPECT_EQ(answer.code, kFailed);
  EXPECT_THAT(answer.err,
              AllOf(HasSubstr("a.jsonl: line 3, byte 0: not a JSON object; left out"),
                    HasSubstr("5 more were left out"), HasSubstr("1 lines tell of no inference, 25 left out")));
}

TEST_F(ImportCommandTest, NothingToImportIsAnError) {
  folder_.Put("a.jsonl", R"({"done":false,"created_at":"x"})"
                         "\n");
  EXPECT_EQ(Run("a.jsonl").code, kFailed);
  EXPECT_EQ(Run("nowhere").code, kFailed);
}

TEST_F(ImportCommandTest, WrongOptionsAreNamed) {
  folder_.Put("old/edge/inference_metrics_1.json", analyze::FileWith({analyze::OlderRecord({1})}));
  folder_.Put("a.jsonl", std::string(kResponse) + "\n");
  arguments_.format = ImportFormat::kOlder;
  ExpectUsage("a.jsonl", "this format is a folder");
  arguments_.format = ImportFormat::kAiperf;
  ExpectUsage("old", "this format is a file");
  arguments_.format = ImportFormat::kAuto;
  arguments_.measured_at = "yesterday";
  ExpectUsage("a.jsonl", "--measured-at");
  arguments_.measured_at = "";
  arguments_.device_name = "../x";
  ExpectUsage("a.jsonl", "");
  arguments_.device_name = "";
  arguments_.device_id = "/";
  ExpectUsage("a.jsonl", "");
  EXPECT_FALSE(std::filesystem::exists(arguments_.out));
}

TEST_F(ImportCommandTest, DeviceThatIsCalledAsAFolderOfOursHasAnother) {
  folder_.Put("a.jsonl", std::string(kResponse) + "\n");
  arguments_.device_id = "lake";
  EXPECT_EQ(Run("a.jsonl").code, kDone);
  EXPECT_TRUE(OnlyRecord().device_id == "lake");
  arguments_.device_name = "journal";
  ExpectUsage("a.jsonl", "journal");
}

// It can be read once only, and is read to tell the format, for its checksum and for its lines.
TEST_F(ImportCommandTest, PipeIsImportedAsAFileIs) {
  const std::string pipe = (folder_.path() / "pipe").string();
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  std::thread writer([&] { std::ofstream(pipe) << kResponse << "\n{\n"; });
  const Answer answer = Run("pipe");
  writer.join();
  EXPECT_EQ(answer.code, kFailed);
  EXPECT_THAT(answer.err, HasSubstr("1 records into"));
  EXPECT_THAT(answer.err, HasSubstr(pipe + ": line 2"));
}

TEST_F(ImportCommandTest, StopEndsAWaitForAPipe) {
  ASSERT_EQ(::mkfifo((folder_.path() / "pipe").c_str(), 0600), 0);
  std::thread other([&] { stop_.request_stop(); });
  const Answer answer = Run("pipe");
  other.join();
  EXPECT_EQ(answer.code, kFailed);
  EXPECT_THAT(answer.err, HasSubstr("was stopped"));
}

TEST_F(ImportCommandTest, FolderIsImportedAndAStopIsSaid) {
  folder_.Put("old/edge/inference_metrics_1.json",
              analyze::FileWith({analyze::OlderRecord({1}), analyze::OlderRecord({2})}));
  EXPECT_THAT(Run("old").err, HasSubstr("2 records into"));
  stop_.request_stop();
  const Answer answer = Run("old");
  EXPECT_EQ(answer.code, kFailed);
  EXPECT_THAT(answer.err, HasSubstr("the same command goes on"));
}

}  // namespace
}  // namespace inferometer::cli
