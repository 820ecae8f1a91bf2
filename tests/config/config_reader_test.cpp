// Reading keys: types, defaults, and what is said of values and keys that are not understood.
#include "config/config_reader.h"

#include <functional>

#include <catch2/catch.hpp>

#include "base/json.h"

namespace {

using kinema::config::ConfigReader;
using kinema::config::Strictness;

ConfigReader reader(const char* text, Strictness strictness = Strictness::kStrict) {
  return ConfigReader(kinema::Json::parse(text), "config.json", strictness);
}

// The message and hint of the error that `action` throws.
std::string error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const kinema::Error& error) {
    CHECK(error.kind() == kinema::ErrorKind::kModel);
    return std::string(error.what()) + (error.hint().empty() ? "" : " | " + error.hint());
  }
  return "no error";
}

}  // namespace

TEST_CASE("values come typed, missing and null ones are the fallback") {
  auto config =
      reader(R"({"i": -3, "d": 1, "b": true, "s": "x", "l": [1, 2], "n": [0.5, 1], "z": null})");
  CHECK(config.integer("i", 0) == -3);
  CHECK(config.integer("z", 7) == 7);
  CHECK(config.integer("none", 8) == 8);
  CHECK(config.number("d", 0) == 1.0);
  CHECK(config.boolean("b", false));
  CHECK(config.string("s", "") == "x");
  CHECK(config.integers("l", {}) == std::vector<int64_t>{1, 2});
  CHECK(config.numbers("n", {}) == std::vector<double>{0.5, 1});
  CHECK(config.strings("none", {"a"}) == std::vector<std::string>{"a"});
  CHECK(config.has("i"));
  CHECK_FALSE(config.has("z"));
  CHECK_NOTHROW(config.finish());
}

TEST_CASE("a value of another type is refused with the value and the type wanted") {
  auto config =
      reader(R"({"i": 1.5, "big": 9223372036854775808, "s": "x", "l": [1, "a"], "o": 3})");
  CHECK(error_of([&] { config.integer("i", 0); }) ==
        R"(config.json: "i" is 1.5; an integer is wanted)");
  CHECK(error_of([&] { config.integer("big", 0); }) ==
        R"(config.json: "big" is 9223372036854775808; an integer is wanted)");
  CHECK(error_of([&] { config.number("s", 0); }) ==
        R"(config.json: "s" is "x"; a number is wanted)");
  CHECK(error_of([&] { config.boolean("i", false); }) ==
        R"(config.json: "i" is 1.5; true or false is wanted)");
  CHECK(error_of([&] { config.string("i", ""); }) ==
        R"(config.json: "i" is 1.5; a string is wanted)");
  CHECK(error_of([&] { config.integers("l", {}); }) ==
        R"(config.json: "l" is [1,"a"]; a list of integers is wanted)");
  CHECK(error_of([&] { config.numbers("s", {}); }) ==
        R"(config.json: "s" is "x"; a list of numbers is wanted)");
  CHECK(error_of([&] { config.strings("l", {}); }) ==
        R"(config.json: "l" is [1,"a"]; a list of strings is wanted)");
  CHECK(error_of([&] { config.child("o"); }) == R"(config.json: "o" is 3; an object is wanted)");
  CHECK(error_of([] { reader("[1]"); }) == "config.json: holds no JSON object");
}

TEST_CASE("positive values are in place, others refused") {
  auto config = reader(R"({"a": 4, "b": 0, "c": -0.5})");
  int64_t a = 1, b = 1, missing = 9;
  double c = 1;
  config.positive("a", a);
  config.positive("missing", missing);
  CHECK(a == 4);
  CHECK(missing == 9);
  CHECK(error_of([&] { config.positive("b", b); }) ==
        R"(config.json: "b" is 0; a positive integer is wanted)");
  CHECK(error_of([&] { config.positive("c", c); }) ==
        R"(config.json: "c" is -0.5; a positive number is wanted)");
}

TEST_CASE("an expected value passes, is missing or null; any other is not supported") {
  auto config = reader(R"({"act": "silu", "other": "gelu", "null": null, "one": 1})");
  CHECK_NOTHROW(config.expect("act", "silu"));
  CHECK_NOTHROW(config.expect("null", "silu"));
  CHECK_NOTHROW(config.expect("missing", "silu"));
  CHECK_NOTHROW(config.expect("one", 1.0));
  CHECK_NOTHROW(config.expect("null", nullptr));
  CHECK(error_of([&] { config.expect("other", "silu"); }) ==
        R"(config.json: "other" is "gelu"; only "silu" is supported)");
  CHECK(error_of([&] { config.expect("missing", "gated-gelu", "relu"); }) ==
        R"(config.json: "missing" is missing; only "gated-gelu" is supported)");
}

TEST_CASE("a key nobody asked for is named with the nearest known one") {
  auto config = reader(R"({"num_layer": 3, "_class_name": "X"})");
  config.integer("num_layers", 1);
  CHECK(error_of([&] { config.finish(); }) ==
        R"(config.json: "num_layer" is not a key that is known here | did you mean num_layers?)");
  config.ignore({"num_layer"});
  CHECK_NOTHROW(config.finish());
  // Only a warning unless strict.
  CHECK_NOTHROW(reader(R"({"x": 1})", Strictness::kWarn).finish());
}

TEST_CASE("an inner object is read under its outer name") {
  auto config = reader(R"({"size": {"height": "a", "depth": 2}})");
  auto size = config.child("size");
  CHECK(error_of([&] { size.integer("height", 1); }) ==
        R"(config.json: "size.height" is "a"; an integer is wanted)");
  CHECK(error_of([&] { size.finish(); }) ==
        R"(config.json: "size.depth" is not a key that is known here)");
  CHECK(config.child("missing").integer("height", 5) == 5);
  CHECK_NOTHROW(config.finish());
}
