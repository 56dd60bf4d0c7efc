#include "cli/verify.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <map>
#include <memory>
#include <string>

#include "cli/choice.h"
#include "cli/verify_command.h"
#include "os/files.h"

namespace inferometer::cli {

std::function<int()> SetUpVerify(CLI::App& app) {
  auto arguments = std::make_shared<VerifyArguments>();
  app.add_option("directory", arguments->directory,
                 "Folder of one device or of many, of a hub, or a journal's own; nothing in it is changed")
      ->type_name("DIR")
      ->required();
  app.add_option("--lake", arguments->lake, "folder of the lake (default: lake in the directory)")->type_name("DIR");
  app.add_option("--format", arguments->as_json, "table or json")
      ->transform(Choice<bool>({{"table", false}, {"json", true}}))
      ->type_name("FORMAT")
      ->default_str("table");
  return [arguments] { return RunVerify(*arguments, os::SystemFileCalls(), stdout, stderr); };
}

}  // namespace inferometer::cli
