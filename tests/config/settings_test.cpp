// Layers overrule each other in the documented order, and every value remembers who set it.
#include "config/settings.h"

#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>

#include "config/options.h"

using namespace kinema;
using namespace kinema::config;

namespace {

std::filesystem::path written(const std::string& name, const std::string& text) {
  const auto path = std::filesystem::temp_directory_path() / name;
  std::ofstream(path, std::ios::binary) << text;
  return path;
}

std::string all(const Violations& violations) {
  std::string text;
  for (const auto& one : violations.all())
    text += one.what + (one.hint.empty() ? "" : " | " + one.hint) + "\n";
  return text;
}

}  // namespace

TEST_CASE("flags overrule the environment, which overrules the file") {
  const auto file =
      written("kinema_settings.json",
              "{\"schema\": 1,\n\"model\": \"/from/file\",\n\"seed\": 1, \"crf\": 20}");
  Settings settings;
  Violations violations;
  apply_file(file, settings, violations);
  apply_environment(
      {{"KINEMA_MODEL", "/from/environment"}, {"KINEMA_LOG", "debug"}, {"NO_COLOR", "1"}}, settings,
      violations);
  apply_flags({{"seed", "--seed", "2"}, {"log_level", "-q", "quiet"}}, settings, violations);
  CHECK(all(violations).empty());
  CHECK(settings.request.model == "/from/environment");
  CHECK(settings.source("model") == "KINEMA_MODEL");
  CHECK(settings.request.seed == 2);
  CHECK(settings.source("seed") == "--seed");
  CHECK(settings.request.crf == 20);
  CHECK(settings.source("crf") == file.string() + ":3");
  CHECK(settings.request.log_level == LogLevel::kQuiet);
  CHECK(settings.request.color == ColorMode::kNever);
  CHECK(settings.source("width") == "the program");
}

TEST_CASE("empty variables are unset and wrong ones are named") {
  Settings settings;
  Violations violations;
  apply_environment({{"KINEMA_MODEL", ""}, {"NO_COLOR", ""}, {"KINEMA_LOG", "loud"}}, settings,
                    violations);
  CHECK_FALSE(settings.request.model);
  CHECK(settings.request.color == ColorMode::kAuto);
  CHECK(all(violations) == "KINEMA_LOG=loud: must be quiet, normal, verbose or debug\n");
}

TEST_CASE("a list's flag adds to the list when it is given again, over what a file has") {
  Settings settings;
  settings.request.lora = {{"below.safetensors", 1}};
  Violations violations;
  apply_flags({{"lora", "--lora", "a.safetensors:0.5"}, {"lora", "--lora", "b.safetensors"}},
              settings, violations);
  CHECK(violations.empty());
  CHECK(settings.request.lora == std::vector<Lora>{{"a.safetensors", 0.5}, {"b.safetensors", 1}});
  CHECK(settings.source("lora") == "--lora");
  apply_flags({{"lora", "--lora", "a"}, {"lora", "--lora", ""}}, settings, violations);
  CHECK_THAT(all(violations), Catch::Contains("--lora must be a file"));
}

TEST_CASE("a flag given twice and a wrong value are both told") {
  Settings settings;
  Violations violations;
  apply_flags({{"seed", "--seed", "2"},
               {"seed", "--seed", "3"},
               {"crf", "--crf", "many"},
               {"output", "--output", ""}},
              settings, violations);
  CHECK(all(violations) ==
        "--seed is given twice (2 and 3)\n"
        "--crf must be a whole number from 0 to 63, not many\n"
        "--output must be a path, not an empty text\n");
}

TEST_CASE("an unknown schema and a missing file") {
  Settings settings;
  Violations violations;
  const auto file = written("kinema_schema.json", "{\"seed\": 3,\n \"schema\": 2}");
  apply_file(file, settings, violations);
  CHECK(all(violations) == "\"schema\" 2 is not known, 1 is (" + file.string() + ":2, /schema)\n");
  CHECK(settings.request.seed == 3);
  CHECK_THROWS_WITH(apply_file("/no/such.json", settings, violations),
                    "/no/such.json: no such configuration file");
}

TEST_CASE("prompts come from files, with @@ for the sign itself") {
  const auto file = written("kinema_prompt.txt", "two lines\nof text\n\n");
  Settings settings;
  Violations violations;
  settings.request.prompt = "@" + file.string();
  settings.request.negative_prompt = "@@home";
  expand_prompts(settings, violations);
  CHECK(settings.request.prompt == "two lines\nof text\n");
  CHECK(settings.request.negative_prompt == "@home");
  settings.request.prompt = "@/no/such/prompt.txt";
  settings.request.negative_prompt.reset();
  expand_prompts(settings, violations);
  REQUIRE(violations.all().size() == 1);
  CHECK(violations.all()[0].kind == ErrorKind::kUsage);
}

TEST_CASE("what editors put around a prompt is no part of it, and other encodings are refused") {
  Settings settings;
  Violations violations;
  settings.request.prompt = "@" + written("kinema_bom.txt",
                                          "\xEF\xBB\xBF"
                                          "a fox\r\n")
                                      .string();
  expand_prompts(settings, violations);
  CHECK(settings.request.prompt == "a fox");
  CHECK(all(violations).empty());
  const auto latin = written("kinema_latin.txt", "caf\xE9").string();
  settings.request.prompt = "@" + latin;
  expand_prompts(settings, violations);
  CHECK_THAT(all(violations), Catch::StartsWith(latin + " is not valid UTF-8: byte 0xE9"));
}

TEST_CASE("a prompt's file must be one") {
  for (const auto& [prompt, said] :
       {std::pair<std::string, std::string>{"@", "no file's name follows the @"},
        {"@/", "/: is a folder, not a file"}}) {
    Settings settings;
    Violations violations;
    settings.request.prompt = prompt;
    expand_prompts(settings, violations);
    CHECK_THAT(all(violations), Catch::StartsWith(said));
  }
}
