#pragma once
// Files that nobody but their owner may read: private keys.

#include <filesystem>
#include <string_view>

#include "inferometer/status.h"
#include "os/files.h"

namespace inferometer::os {

// As WriteWholeFile, and nobody but the owner can read a byte of it at any moment: the temporary file is made with mode
// 0600, whatever the umask is, and keeps that as it takes the name.
[[nodiscard]] Status WriteSecretFile(FileCalls& calls, const std::filesystem::path& path, std::string_view contents);

// Creates a folder with mode 0700 (its parents as CreateFolders does), and makes its name durable. One that is there
// already is left as it is.
[[nodiscard]] Status CreateSecretFolder(const std::filesystem::path& folder);

}  // namespace inferometer::os
