// The table of options is consistent, and values parse exactly.
#include <set>

#include <catch2/catch.hpp>

#include "config/options.h"

using namespace kinema;
using namespace kinema::config;

TEST_CASE("keys and flags are unique and each key is a flag's name") {
  std::set<std::string> keys, flags;
  for (const auto& one : options()) {
    INFO(one.key);
    CHECK(keys.insert(one.key).second);
    for (const auto& flag : one.flags) CHECK(flags.insert(flag).second);
    for (const auto& shorthand : one.shorthands) {
      for (const auto& flag : shorthand.flags) CHECK(flags.insert(flag).second);
      Request request;
      for (const auto& value : shorthand.values) CHECK(one.set_text(request, value));
    }
    auto name = one.flag().substr(2);
    for (auto& c : name) c = c == '-' ? '_' : c;
    CHECK(name == one.key);
    CHECK_FALSE(one.help.empty());
    CHECK_FALSE(one.default_text().empty());
    CHECK_FALSE(one.given(Request{}));
  }
}

TEST_CASE("numbers are read whole or not at all") {
  Request r;
  CHECK(option("num_frames").set_text(r, "121"));
  CHECK(r.num_frames == 121);
  for (const char* wrong :
       {"", "121 ", " 121", "0x10", "12.0", "1e2", "0", "-5", "99999999999999999999"}) {
    INFO(wrong);
    CHECK_FALSE(option("num_frames").set_text(r, wrong));
    CHECK(r.num_frames == 121);
  }
  CHECK(option("guidance_scale").set_text(r, "6.5"));
  for (const char* wrong : {"nan", "inf", "1e999", "6,5", "-1", "1001"}) {
    INFO(wrong);
    CHECK_FALSE(option("guidance_scale").set_text(r, wrong));
  }
}

TEST_CASE("a LoRA file may have its strength behind it") {
  CHECK(Value<Lora>::parse("a:b.safetensors:-0.5") == Lora{"a:b.safetensors", -0.5});
  CHECK(Value<Lora>::parse("a:b.safetensors") == Lora{"a:b.safetensors", 1});
  CHECK(Value<Lora>::parse("style:2:1") == Lora{"style:2", 1});
  CHECK(Value<Lora>::text({"a.safetensors", 0.25}) == "a.safetensors:0.25");
  CHECK_FALSE(Value<Lora>::parse(""));
  Request r;
  CHECK(option("lora").set_text(r, R"([{"path": "a"}, {"path": "b", "scale": 2}])"));
  CHECK(r.lora == std::vector<Lora>{{"a", 1}, {"b", 2}});
  for (const char* wrong :
       {R"([{"scale": 2}])", R"([{"path": "a", "strength": 2}])", "[", R"(["a"])"}) {
    INFO(wrong);
    CHECK_FALSE(option("lora").set_text(r, wrong));
  }
}

TEST_CASE("conditions are a picture, a place and perhaps a strength") {
  CHECK(Value<Condition>::parse("a@b:c.png@-1:0.5") == Condition{"a@b:c.png", -1, 0.5});
  CHECK(Value<Condition>::parse("a.png@3") == Condition{"a.png", 3, 1});
  CHECK(Value<Condition>::text({"a.png", 3, 0.25}) == "a.png@3:0.25");
  for (const char* wrong : {"", "a.png", "@0", "a.png@", "a.png@x", "a.png@1.5",
                            "a.png@0:", "a.png@0:strong", "a.png@0:1:1"}) {
    INFO(wrong);
    CHECK_FALSE(Value<Condition>::parse(wrong));
  }
  Request r;
  CHECK(option("conditions").set_text(r, "a.png@0,b.png@-1:0.8"));
  CHECK(r.conditions == std::vector<Condition>{{"a.png", 0, 1}, {"b.png", -1, 0.8}});
  CHECK_FALSE(option("conditions").set_text(r, "a.png@0,"));
}

TEST_CASE("rates are exact fractions") {
  CHECK(Value<Rational>::parse("24") == Rational{24, 1});
  CHECK(Value<Rational>::parse("24000/1001") == Rational{24000, 1001});
  CHECK(Value<Rational>::parse("23.976") == Rational{2997, 125});
  CHECK(Value<Rational>::parse("50/2") == Rational{25, 1});
  CHECK(Value<Rational>::parse("12.5") == Rational{25, 2});
  for (const char* wrong :
       {"0", "-24", "24/0", "1/", "/1", "24.", ".5", "2 4", "24.-5", "1.1234567", ""}) {
    INFO(wrong);
    CHECK_FALSE(Value<Rational>::parse(wrong));
  }
}

TEST_CASE("devices") {
  CHECK(Value<Device>::parse("cuda:7") == Device{Device::Kind::kCuda, 7});
  CHECK(Value<Device>::text({Device::Kind::kCuda, 0}) == "cuda:0");
  for (const char* wrong : {"gpu", "cuda:", "cuda:-1", "cuda:1x", "CPU", ""})
    CHECK_FALSE(Value<Device>::parse(wrong));
}
