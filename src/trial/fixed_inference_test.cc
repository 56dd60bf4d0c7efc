#include "trial/fixed_inference.h"

#include <gtest/gtest.h>

#include "os/temporary_folder.h"

namespace inferometer::trial {
namespace {

const std::filesystem::path kModel =
    std::filesystem::path(INFEROMETER_SOURCE_DIR) / "third_party/models/SmolLM2-135M-Instruct.Q4_1.gguf";

TEST(FixedInference, HasTheLengthThatWasAsked) {
  auto recorder = Recorder::Create({.device_id = "trial"});
  ASSERT_TRUE(recorder.ok());
  auto work = FixedInference::Load({.model = kModel, .threads = 2, .prompt_tokens = 5, .generated_tokens = 3});
  ASSERT_TRUE(work.ok()) << work.status().message();
  for (int run = 0; run < 2; ++run) {  // the second one begins with an empty context, too
    Inference inference = (*recorder)->Begin({"m", "cpu"});
    ASSERT_TRUE((*work)->Run(&inference).ok());
    const InferenceRecord record = inference.End("length");
    EXPECT_EQ(record.prompt_tokens, 5);
    EXPECT_EQ(record.generated_tokens, 3);
  }
  EXPECT_TRUE((*work)->Run(nullptr).ok());
}

TEST(FixedInference, WhatIsNoModelIsNamed) {
  const os::TemporaryFolder folder;
  const auto missing = FixedInference::Load({.model = folder.path() / "none.gguf"});
  EXPECT_EQ(missing.status().code(), Code::kNotFound);
  const auto garbage = FixedInference::Load({.model = folder.Put("x.gguf", "no model")});
  EXPECT_EQ(garbage.status().code(), Code::kInvalidArgument);
  EXPECT_NE(garbage.status().message().find("x.gguf"), std::string::npos);
}

}  // namespace
}  // namespace inferometer::trial
