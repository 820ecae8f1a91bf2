// Sizes are diffusers' for many pictures; the expected values were printed by
// HunyuanVideo15ImageProcessor.
#include "plan/buckets.h"

#include <catch2/catch.hpp>

#include "base/json.h"

using namespace kinema::plan;

TEST_CASE("a thousand pictures get the reference's sizes") {
  const auto rows =
      kinema::read_json(KINEMA_TEST_DATA "/media/buckets.json", kinema::ErrorKind::kIo);
  REQUIRE(rows.size() > 1000);
  for (const auto& row : rows) {
    CAPTURE(row.dump());
    REQUIRE(bucket_for(row[1], row[2], row[0]) == FrameSize{row[3], row[4]});
  }
}

TEST_CASE("bucket lists have the reference's lengths") {
  CHECK(buckets(64).size() == 13);
  CHECK(buckets(640).size() == 121);
  CHECK(buckets(960).size() == 181);
  CHECK(buckets(1440).size() == 271);
  CHECK(buckets(208).size() == 37);
}

TEST_CASE("the reference's size for a picture") {
  struct Case {
    int64_t width, height, target, bucket_width, bucket_height;
  };
  const Case cases[] = {
      {16, 9, 640, 848, 480},       {9, 16, 640, 480, 848},       {1, 1, 640, 640, 640},
      {4, 3, 640, 720, 544},        {3, 4, 640, 544, 720},        {3, 2, 640, 768, 512},
      {2, 3, 640, 512, 768},        {21, 9, 640, 960, 416},       {10, 1, 640, 1280, 320},
      {1, 10, 640, 320, 1280},      {1000, 750, 640, 720, 544},   {1001, 749, 640, 720, 544},
      {31, 30, 640, 640, 624},      {37, 101, 640, 384, 1040},    {2093, 2938, 640, 544, 752},
      {4343, 238, 640, 1280, 320},  {3815, 2041, 640, 864, 464},  {425, 1285, 640, 368, 1104},
      {928, 3046, 640, 352, 1152},  {3843, 2020, 640, 880, 464},  {16, 9, 960, 1280, 720},
      {9, 16, 960, 720, 1264},      {1, 1, 960, 960, 960},        {4, 3, 960, 1104, 832},
      {3, 4, 960, 832, 1104},       {3, 2, 960, 1168, 784},       {2, 3, 960, 784, 1168},
      {21, 9, 960, 1440, 624},      {10, 1, 960, 1920, 480},      {1, 10, 960, 480, 1920},
      {1000, 750, 960, 1104, 832},  {1001, 749, 960, 1104, 832},  {31, 30, 960, 960, 944},
      {37, 101, 960, 576, 1568},    {3120, 4455, 960, 800, 1136}, {836, 4702, 960, 480, 1920},
      {2043, 108, 960, 1920, 480},  {1776, 3344, 960, 704, 1296}, {2290, 1492, 960, 1168, 768},
      {3191, 1308, 960, 1472, 608}, {16, 9, 64, 80, 48},          {9, 16, 64, 48, 80},
      {1, 1, 64, 64, 64},           {4, 3, 64, 64, 48},           {3, 4, 64, 48, 64},
      {3, 2, 64, 64, 48},           {2, 3, 64, 48, 64},           {21, 9, 64, 80, 48},
      {10, 1, 64, 128, 32},         {1, 10, 64, 32, 128},         {1000, 750, 64, 64, 48},
      {1001, 749, 64, 64, 48},      {31, 30, 64, 64, 64},         {37, 101, 64, 32, 80},
      {590, 1137, 64, 48, 80},      {3645, 1038, 64, 112, 32},    {1084, 15, 64, 128, 32},
      {44, 1716, 64, 32, 128},      {1766, 1359, 64, 64, 64},     {1364, 2370, 64, 48, 80}};
  for (const auto& c : cases) {
    INFO(c.width << "x" << c.height << " at " << c.target);
    CHECK(bucket_for(c.width, c.height, c.target) == FrameSize{c.bucket_width, c.bucket_height});
  }
}
