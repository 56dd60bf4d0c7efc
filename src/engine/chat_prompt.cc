#include "engine/chat_prompt.h"

namespace inferometer::engine {
namespace {

constexpr std::size_t kLongestPromptBytes = 16U << 20U;

// -1 for a template that llama.cpp does not know; NULL stands for ChatML.
int Apply(const char* chat_template, const llama_chat_message& message, std::string& out) {
  const int needed =
      llama_chat_apply_template(chat_template, &message, 1, true, out.data(), static_cast<std::int32_t>(out.size()));
  if (needed <= static_cast<int>(out.size())) {
    if (needed >= 0) out.resize(static_cast<std::size_t>(needed));
    return needed;
  }
  out.resize(static_cast<std::size_t>(needed));
  return llama_chat_apply_template(chat_template, &message, 1, true, out.data(), needed);
}

}  // namespace

Result<std::string> ApplyChatTemplate(const llama_model* model, const std::string& prompt) {
  if (prompt.size() > kLongestPromptBytes) return {Code::kInvalidArgument, "a prompt of more than 16 MiB"};
  const llama_chat_message message{"user", prompt.c_str()};
  std::string text(2 * prompt.size() + 512, '\0');
  const char* own_template = llama_model_chat_template(model, nullptr);
  if (Apply(own_template, message, text) >= 0) return text;
  text.assign(2 * prompt.size() + 512, '\0');
  if (Apply("chatml", message, text) >= 0) return text;
  return {Code::kInternal, "the engine could not apply a chat template"};
}

Result<std::vector<llama_token>> Tokenise(const llama_vocab* vocab, const std::string& text) {
  std::vector<llama_token> tokens(text.size() / 2 + 16);
  const auto length = static_cast<std::int32_t>(text.size());
  int count =
      llama_tokenize(vocab, text.data(), length, tokens.data(), static_cast<std::int32_t>(tokens.size()), true, true);
  if (count < 0 && count != INT32_MIN) {
    tokens.resize(static_cast<std::size_t>(-count));
    count = llama_tokenize(vocab, text.data(), length, tokens.data(), -count, true, true);
  }
  if (count < 0) return {Code::kInternal, "the engine could not tokenise the prompt"};
  tokens.resize(static_cast<std::size_t>(count));
  return tokens;
}

void AppendPiece(const llama_vocab* vocab, llama_token token, std::string& text) {
  char piece[256];
  const int length = llama_token_to_piece(vocab, token, piece, sizeof piece, 0, false);
  if (length > 0) text.append(piece, static_cast<std::size_t>(length));
}

}  // namespace inferometer::engine
