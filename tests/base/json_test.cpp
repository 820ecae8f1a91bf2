// JSON errors name the file and the place.
#include "base/json.h"

#include <catch2/catch.hpp>

namespace {

std::string message(const std::string& text) {
  try {
    kinema::parse_json(text, "jobs.json", kinema::ErrorKind::kConfig);
  } catch (const kinema::Error& error) {
    CHECK(error.kind() == kinema::ErrorKind::kConfig);
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("a syntax error is located by line and column") {
  CHECK_THAT(message("{\n  \"seed\": 1\n  \"width\": 2\n}"), Catch::StartsWith("jobs.json:3:"));
  CHECK(message("{\"a\": 1}") == "no error");
}

TEST_CASE("a key that stands twice is refused, in nested objects too") {
  CHECK_THAT(message("{\"a\": 1, \"a\": 2}"), Catch::Contains("\"a\" stands twice"));
  CHECK_THAT(message("[{\"b\": {\"c\": 1, \"d\": 2, \"c\": 3}}]"),
             Catch::Contains("\"c\" stands twice"));
  CHECK(message("[{\"a\": 1}, {\"a\": 2}]") == "no error");
}
