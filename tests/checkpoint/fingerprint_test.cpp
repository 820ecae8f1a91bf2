// The hash is the published one.
#include "checkpoint/fingerprint.h"

#include <catch2/catch.hpp>

using kinema::checkpoint::Fingerprint;

TEST_CASE("FNV-1a of nothing is its offset basis") {
  CHECK(Fingerprint().hex() == "6c62272e07bb014262b821756295c58d");
}

TEST_CASE("one string is its length and its bytes under FNV-1a") {
  // Of 01 00 00 00 00 00 00 00 61, computed with arbitrary-precision integers.
  Fingerprint fingerprint;
  fingerprint.add("a");
  CHECK(fingerprint.hex() == "426d56754e03ad9adb79f299c730f21f");
}

TEST_CASE("where strings end counts") {
  Fingerprint one, two;
  one.add("ab");
  one.add("c");
  two.add("a");
  two.add("bc");
  CHECK(one.hex() != two.hex());
}
