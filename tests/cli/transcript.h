// Stored conversations with the program: a command line, its exit code, and what it wrote.
#pragma once

#include <filesystem>
#include <map>
#include <string>

namespace kinema::test {

struct Outcome {
  int exit_code = 0;
  std::string out, err;
};

// Runs `command` in a shell, in a new empty folder, with kinema (but no engine) in PATH, standard
// input empty, and the variables $T2V and $I2V naming the tiny checkpoints. Their folder is written
// as $DATA in what comes back.
Outcome run(const std::string& command, const std::map<std::string, std::string>& environment = {});

// "$ command\nexit N\n--- stdout\n…--- stderr\n…", empty parts left out.
std::string transcript(const std::string& command, const Outcome& outcome);

// The command of a stored transcript: its first line without "$ ".
std::string command_of(const std::string& stored);

}  // namespace kinema::test
