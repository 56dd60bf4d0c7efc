#pragma once
// Files whose mode must not be the umask's choice: private keys, which nobody but their owner may read, and what a
// program of another user must be able to read.

#include <filesystem>
#include <string_view>

#include "inferometer/status.h"
#include "os/files.h"

namespace inferometer::os {

// As WriteWholeFile, and nobody but the owner can read a byte of it at any moment: the temporary file is made with mode
// 0600, whatever the umask is, and keeps that as it takes the name.
[[nodiscard]] Status WriteSecretFile(FileCalls& calls, const std::filesystem::path& path, std::string_view contents);

// As WriteWholeFile, and everybody can read it (mode 0644) from the moment that it takes the name, whatever the umask
// is and whatever the mode of the file that it replaces. Its owner is whoever writes it.
[[nodiscard]] Status WritePublicFile(FileCalls& calls, const std::filesystem::path& path, std::string_view contents);

// Creates a folder with mode 0700 (its parents as CreateFolders does), and makes its name durable. One that is there
// already is left as it is.
[[nodiscard]] Status CreateSecretFolder(const std::filesystem::path& folder);

}  // namespace inferometer::os
