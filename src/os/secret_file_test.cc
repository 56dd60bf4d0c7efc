#include "os/secret_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>

#include "os/faulty_files.h"
#include "os/scoped_umask.h"
#include "os/temporary_folder.h"

namespace inferometer::os {
namespace {

unsigned ModeOf(const std::filesystem::path& path) {
  struct stat facts {};
  return ::stat(path.c_str(), &facts) == 0 ? facts.st_mode & 0777U : 0;
}

class SecretFile : public testing::Test {
 protected:
  TemporaryFolder folder_;
  ScopedUmask umask_{0};  // takes nothing away, so that a mode is what was asked for
  std::filesystem::path path_ = folder_.path() / "a.key";
};

TEST_F(SecretFile, IsReadableByItsOwnerOnly) {
  ASSERT_TRUE(WriteSecretFile(SystemFileCalls(), path_, "secret").ok());
  EXPECT_EQ(ModeOf(path_), 0600U);
  EXPECT_EQ(ReadFile(path_, 100).value(), "secret");
}

TEST_F(SecretFile, ThatACrashLeftOpenToAllIsNotUsed) {
  const auto left = folder_.Put("a.key.tmp", "old");
  ASSERT_EQ(::chmod(left.c_str(), 0666), 0);
  ASSERT_TRUE(WriteSecretFile(SystemFileCalls(), path_, "secret").ok());
  EXPECT_EQ(ModeOf(path_), 0600U);
}

TEST_F(SecretFile, ReplacesALinkAndNotItsTarget) {
  const auto target = folder_.Put("target", "untouched");
  std::filesystem::create_symlink(target, folder_.path() / "a.key.tmp");
  std::filesystem::create_symlink(target, path_);
  ASSERT_TRUE(WriteSecretFile(SystemFileCalls(), path_, "secret").ok());
  EXPECT_EQ(ReadFile(target, 100).value(), "untouched");
  EXPECT_EQ(ModeOf(path_), 0600U);
}

TEST_F(SecretFile, KeepsTheOldOneWhenAnyCallFails) {
  ASSERT_TRUE(WriteSecretFile(SystemFileCalls(), path_, "old").ok());
  for (int failing = 1;; ++failing) {
    FaultyFileCalls calls([failing](int nth) { return nth == failing ? EIO : 0; });
    if (WriteSecretFile(calls, path_, "new").ok()) break;
    const std::string text = ReadFile(path_, 100).value();
    EXPECT_TRUE(text == "old" || text == "new") << failing << ": " << text;
    EXPECT_EQ(ModeOf(path_), 0600U);
    ASSERT_LT(failing, 20);
  }
}

TEST_F(SecretFile, FolderIsItsOwnersOnly) {
  const auto folder = folder_.path() / "parent" / "keys";
  ASSERT_TRUE(CreateSecretFolder(folder).ok());
  EXPECT_EQ(ModeOf(folder), 0700U);
  EXPECT_TRUE(CreateSecretFolder(folder).ok()) << "one that is there is fine";
  EXPECT_FALSE(CreateSecretFolder(folder_.Put("file", "") / "keys").ok());
}

class PublicFile : public testing::Test {
 protected:
  TemporaryFolder folder_;
  ScopedUmask umask_{077};  // takes from everybody else all that it can
  std::filesystem::path path_ = folder_.path() / "crl.pem";
};

TEST_F(PublicFile, IsReadableByAllWhateverTheUmask) {
  ASSERT_TRUE(WritePublicFile(SystemFileCalls(), path_, "list").ok());
  EXPECT_EQ(ModeOf(path_), 0644U);
  EXPECT_EQ(ReadFile(path_, 100).value(), "list");
}

TEST_F(PublicFile, IsReadableByAllThoughACrashLeftOneThatIsNot) {
  ASSERT_EQ(::chmod(folder_.Put("crl.pem.tmp", "half").c_str(), 0600), 0);
  ASSERT_TRUE(WritePublicFile(SystemFileCalls(), path_, "list").ok());
  EXPECT_EQ(ModeOf(path_), 0644U);
}

// Before each call and so after each, whichever of them fails.
TEST_F(PublicFile, IsReadableByAllAtAnyMoment) {
  ASSERT_EQ(::chmod(folder_.Put("crl.pem", "old").c_str(), 0644), 0);
  for (int failing = 1;; ++failing) {
    FaultyFileCalls calls([this, failing](int nth) {
      EXPECT_EQ(ModeOf(path_), 0644U) << "before call " << nth;
      return nth == failing ? EIO : 0;
    });
    if (WritePublicFile(calls, path_, "new").ok()) break;
    EXPECT_EQ(ModeOf(path_), 0644U) << failing;
    ASSERT_LT(failing, 20);
  }
  EXPECT_EQ(ReadFile(path_, 100).value(), "new");
}

}  // namespace
}  // namespace inferometer::os
