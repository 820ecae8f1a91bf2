// The manual page and the completions know every verb and flag that the help knows.
#include <sstream>

#include <catch2/catch.hpp>

#include "cli/transcript.h"

using namespace kinema::test;

namespace {

// The words at the begin of each line of "  <word> …" of the general help.
std::vector<std::string> verbs() {
  std::vector<std::string> found;
  std::istringstream lines(run("kinema --help").out);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string first;
    words >> first;
    if (line.starts_with("  ") && first != "kinema") found.push_back(first);
  }
  return found;
}

// Every "--flag" at the begin of an entry of a verb's long help.
std::vector<std::string> flags(const std::string& verb) {
  std::vector<std::string> found;
  std::istringstream lines(run("kinema " + verb + " --help").out);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("  -") || line.starts_with("   ")) continue;
    std::istringstream words(line);
    for (std::string word; words >> word;) {
      if (word.ends_with(',')) word.pop_back();
      if (word.starts_with("--")) found.push_back(word);
    }
  }
  return found;
}

// What bash offers after these words; the last one is being typed.
std::string offered(const std::string& words) {
  return run("kinema completion bash > c; bash -c '. ./c; COMP_WORDS=(kinema " + words +
             "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _kinema; echo \"${COMPREPLY[*]}\"'")
      .out;
}

}  // namespace

TEST_CASE("the manual page has every verb and every flag") {
  auto page = run("kinema help --man").out;
  for (auto at = page.find("\\-"); at != std::string::npos; at = page.find("\\-"))
    page.erase(at, 1);
  const auto known = verbs();
  REQUIRE(known.size() >= 9);
  for (const auto& verb : known) {
    INFO(verb);
    CHECK(page.find("\n.SS " + verb + "\n") != std::string::npos);
    for (const auto& flag : flags(verb)) {
      INFO(flag);
      CHECK((flag == "--help" || page.find(flag) != std::string::npos));
    }
  }
  // A line that begins with a dot is a request; those used here are few.
  std::istringstream lines(page);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with('.')) continue;
    const auto request = line.substr(0, line.find(' '));
    INFO(line);
    CHECK((request == ".TH" || request == ".SH" || request == ".SS" || request == ".TP" ||
           request == ".PP" || request == ".B" || request == ".I" || request == ".nf" ||
           request == ".fi"));
  }
}

TEST_CASE("bash completes verbs, flags and values") {
  for (const auto& verb : verbs())
    CHECK(offered(verb.substr(0, 3)).find(verb) != std::string::npos);
  CHECK(offered("bench --war") == "--warmup\n");
  CHECK(offered("report x --max") == "--max-regression\n");
  CHECK(offered("report x --format m") == "markdown\n");
  CHECK(offered("generate --offload b") == "block\n");
  CHECK(offered("completion z") == "zsh\n");
  CHECK(offered("help ben") == "bench\n");
}

TEST_CASE("fish knows every flag of every verb") {
  const auto script = run("kinema completion fish").out;
  for (const auto& verb : verbs()) {
    for (const auto& flag : flags(verb)) {
      if (flag == "--help" || flag.starts_with("--no-")) continue;
      INFO(verb + " " + flag);
      const auto begin = "complete -c kinema -n '__fish_seen_subcommand_from " + verb + "' ";
      bool found = false;
      std::istringstream lines(script);
      for (std::string line; std::getline(lines, line);)
        found = found || (line.starts_with(begin) &&
                          (line + " ").find(" -l " + flag.substr(2) + " ") != std::string::npos);
      CHECK(found);
    }
  }
}
