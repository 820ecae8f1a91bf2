// Expressions compute as C would, refuse what means nothing, and say where.
#include "bench/expression.h"

#include <catch2/catch.hpp>

#include "bench/samples.h"

using namespace kinema;
using kinema::test::message_of;

namespace {

Json value(const std::string& expression) {
  return bench::evaluate(expression, [](const std::string& name) -> Json {
    if (name == "ulysses_degree") return 4;
    if (name == "ring_degree") return 2;
    if (name == "num_gpus") return 8;
    if (name == "offload") return "block";
    if (name == "guidance_scale") return 6.5;
    if (name == "use_hsdp") return false;
    throw Error(ErrorKind::kConfig, "no name " + name);
  });
}

}  // namespace

TEST_CASE("arithmetic keeps its order and whole numbers") {
  CHECK(value("ulysses_degree * ring_degree == num_gpus") == true);
  CHECK(value("2 + 3 * 4 - 1") == 13);
  CHECK(value("(2 + 3) * 4") == 20);
  CHECK(value("10 - 4 - 3") == 3);
  CHECK(value("-2 * -3").dump() == "6");
  CHECK(value("7 % 4").dump() == "3");
  CHECK(value("num_gpus / ring_degree").dump() == "4");
  CHECK(value("7 / 2").dump() == "3.5");
  CHECK(value("guidance_scale * 2").dump() == "13.0");
  CHECK(value("2<3") == true);
  CHECK(value("3 <= 2") == false);
}

TEST_CASE("logic computes only what it needs") {
  CHECK(value("!use_hsdp && offload == 'block'") == true);
  CHECK(value("offload != \"none\"") == true);
  CHECK(value("true || 1 / 0 == 1") == true);
  CHECK(value("false && nothing_like_it") == false);
  CHECK(value("use_hsdp || false || num_gpus > 4") == true);
  CHECK(value("ring_degree > 1 ? ring_degree : 1 / 0") == 2);
  CHECK(value("ring_degree > 2 ? 'a' : num_gpus > 7 ? 'b' : 'c'") == "b");
  CHECK(value("1 == 1.0") == true);
  CHECK(value("'1' == 1") == false);
}

TEST_CASE("what is no expression is refused with its place") {
  CHECK(message_of([] { value("2 +"); }) == "error: \"2 +\", at character 4: a value is missing\n");
  CHECK(message_of([] { value("2 3"); }) == "error: \"2 3\", at character 3: \"3\" is left over\n");
  CHECK(message_of([] { value("(1"); }).find("\")\" is missing") != std::string::npos);
  CHECK(message_of([] { value("1 / 0"); }).find("division by zero") != std::string::npos);
  CHECK(message_of([] { value("4 % 0"); }).find("division by zero") != std::string::npos);
  CHECK(message_of([] { value("'a"); }).find("the text has no end") != std::string::npos);
  CHECK(message_of([] { value("1.2.3"); }).find("1.2.3 is no number") != std::string::npos);
  CHECK(message_of([] { value("'a' + 1"); }).find("a number is wanted, not \"a\"") !=
        std::string::npos);
  CHECK(message_of([] { value("1 && true"); }).find("true or false is wanted, not 1") !=
        std::string::npos);
  CHECK(message_of([] { value("a = 1"); }).find("no name a") != std::string::npos);
  CHECK(message_of([] { value("num_gpus = 1"); }).find("\"= 1\" is left over") !=
        std::string::npos);
  CHECK(message_of([] { value("#"); }).find("is no value and no operator") != std::string::npos);
}
