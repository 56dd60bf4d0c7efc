#pragma once
// From a user's words to the tokens that a model expects. Internal to src/engine; needs llama.h.

#include <llama.h>

#include <string>
#include <vector>

#include "inferometer/status.h"

namespace inferometer::engine {

// `prompt` as the only user turn in the model's chat template, with the opening of the assistant's turn; ChatML where
// the model has no template or one that llama.cpp does not know.
[[nodiscard]] Result<std::string> ApplyChatTemplate(const llama_model* model, const std::string& prompt);

// With the special tokens that the model wants around a text.
[[nodiscard]] Result<std::vector<llama_token>> Tokenise(const llama_vocab* vocab, const std::string& text);

// Appends what `token` looks like; a token may be a part of a UTF-8 character.
void AppendPiece(const llama_vocab* vocab, llama_token token, std::string& text);

}  // namespace inferometer::engine
