#include "engine/fixed_load.h"

#include <gtest/gtest.h>

#include "engine/steady_load.h"
#include "os/temporary_folder.h"

namespace inferometer::engine {
namespace {

const std::filesystem::path kModel =
    std::filesystem::path(INFEROMETER_SOURCE_DIR) / "third_party/models/SmolLM2-135M-Instruct.Q4_1.gguf";

class FixedLoadTest : public testing::Test {
 protected:
  void Open(int context_tokens) {
    auto runtime = OpenForFixedLoad(kModel, context_tokens, 2);
    ASSERT_TRUE(runtime.ok()) << runtime.status().message();
    runtime_ = std::move(runtime).value();
  }
  // Positions in the context that are taken.
  int Depth() { return llama_memory_seq_pos_max(llama_get_memory(runtime_.context.get()), 0) + 1; }

  Runtime runtime_;
};

TEST_F(FixedLoadTest, RandomTokensAreOfTheVocabularyAndTheSameEachTime) {
  Open(64);
  const auto tokens = RandomTokens(runtime_).Take(100);
  EXPECT_EQ(tokens, RandomTokens(runtime_).Take(100));
  RandomTokens more(runtime_);
  EXPECT_EQ(more.Take(100), tokens);
  EXPECT_NE(more.Take(100), tokens);
  for (const llama_token token : tokens) {
    EXPECT_GE(token, 0);
    EXPECT_LT(token, llama_vocab_n_tokens(runtime_.vocab()));
  }
}

TEST_F(FixedLoadTest, PromptLongerThanABatchIsEvaluatedInWhole) {
  Open(600);  // batches hold 512
  auto tokens = RandomTokens(runtime_).Take(520);
  ASSERT_TRUE(EvaluateTokens(runtime_, tokens).ok());
  EXPECT_EQ(Depth(), 520);
}

TEST_F(FixedLoadTest, EachTokenIsMarkedWhenItIsInTheContext) {
  Open(64);
  auto tokens = RandomTokens(runtime_).Take(3);
  std::vector<int> depths;
  ASSERT_TRUE(DecodeSingly(runtime_, tokens, [&] { depths.push_back(Depth()); }).ok());
  EXPECT_EQ(depths, (std::vector{1, 2, 3}));
  runtime_.Rest();
  EXPECT_EQ(Depth(), 0);
}

TEST_F(FixedLoadTest, FailureOfTheEngineIsTold) {
  Open(64);
  std::vector<llama_token> none{llama_vocab_n_tokens(runtime_.vocab())};
  EXPECT_EQ(EvaluateTokens(runtime_, none).code(), Code::kInternal);
  EXPECT_EQ(DecodeSingly(runtime_, none, {}).code(), Code::kInternal);
}

TEST_F(FixedLoadTest, SteadyLoadGoesOnPastTheEndOfTheContext) {
  Open(100);  // llama.cpp may round it up
  const int context = static_cast<int>(llama_n_ctx(runtime_.context.get()));
  int asked = 0;
  const auto tokens = DecodeTokensWhile(runtime_, [&] { return asked++ < context + 5; });
  ASSERT_TRUE(tokens.ok()) << tokens.status().message();
  EXPECT_EQ(*tokens, static_cast<std::uint64_t>(context + 5));
  asked = 0;
  const auto prompts = EvaluatePromptsWhile(runtime_, [&] { return asked++ < 8; });
  ASSERT_TRUE(prompts.ok()) << prompts.status().message();
  EXPECT_EQ(*prompts, 8U * 64U);
}

TEST(FixedLoad, WhatIsNoModelIsNamed) {
  const os::TemporaryFolder folder;
  EXPECT_EQ(OpenForFixedLoad(folder.path() / "none.gguf", 8, 1).status().code(), Code::kNotFound);
  const auto garbage = OpenForFixedLoad(folder.Put("x.gguf", "no model"), 8, 1);
  EXPECT_EQ(garbage.status().code(), Code::kInvalidArgument);
  EXPECT_NE(garbage.status().message().find("x.gguf"), std::string::npos);
}

}  // namespace
}  // namespace inferometer::engine
