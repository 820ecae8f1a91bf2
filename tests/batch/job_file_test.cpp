// Files of jobs: what they say, what is refused and where, and how they grow.
#include "batch/job_file.h"

#include <fstream>

#include <catch2/catch.hpp>

#include "batch/state.h"
#include "support/temp_folder.h"

using namespace kinema;
using batch::JobFile;
using batch::LastLine;

namespace {

class Written {
 public:
  Written(const std::string& name, const std::string& text) : path_(folder_.path() / name) {
    append(text);
  }
  void append(const std::string& text) const { std::ofstream(path_, std::ios::app) << text; }
  const std::filesystem::path& path() const { return path_; }
  const std::filesystem::path& folder() const { return folder_.path(); }

 private:
  test::TempFolder folder_;
  std::filesystem::path path_;
};

// What is wrong with the header and the jobs of a file, without its folder.
std::vector<std::string> faults(const Written& file) {
  config::Violations violations;
  const JobFile jobs(file.path(), violations);
  std::vector<std::string> texts;
  for (const auto& one : violations.all()) texts.push_back(one.what);
  for (const auto& job : jobs.jobs())
    for (const auto& one : job.faults) texts.push_back(one.what);
  const auto prefix = file.folder().string() + "/";
  for (auto& text : texts)
    if (const auto at = text.find(prefix); at != std::string::npos) text.erase(at, prefix.size());
  return texts;
}

JobFile read(const Written& file) {
  config::Violations violations;
  JobFile jobs(file.path(), violations);
  violations.throw_if_any();
  return jobs;
}

}  // namespace

TEST_CASE("a file of jobs is read in order, with paths relative to it") {
  const Written file("jobs.json", R"({"schema": 1, "run": {"num_gpus": 2, "vae_tiling": "on"},
    "defaults": {"width": 64, "output": "out/"},
    "jobs": [{"id": "fox", "prompt": "@fox.txt", "seed": 7},
             {"prompt": "rain", "width": 128}]})");
  const auto jobs = read(file);
  REQUIRE(jobs.jobs().size() == 2);
  CHECK(jobs.jobs()[0].id == "fox");
  CHECK(jobs.jobs()[1].id == "job-2");
  CHECK_FALSE(jobs.may_grow());
  config::Settings settings;
  config::Violations violations;
  for (const auto* layer : {&jobs.header().run, &jobs.header().defaults, &jobs.jobs()[1].layer})
    apply(*layer, settings, violations);
  CHECK(violations.empty());
  CHECK(settings.request.num_gpus == 2);
  CHECK(settings.request.width == 128);
  CHECK(settings.request.output->string() == (file.folder() / "out/").string());
  CHECK(settings.source("width") == file.path().string() + ":4");
  apply(jobs.jobs()[0].layer, settings, violations);
  CHECK(settings.request.prompt == "@" + (file.folder() / "fox.txt").string());
}

TEST_CASE("what is out of place is refused with its line and pointer") {
  const Written file("jobs.json", R"({"schema": 2, "jbos": 1,
"run": {"prompt": "x", "vae_tiling": "on"},
"defaults": {"vae_tiling": "off", "num_gpus": 2},
"jobs": [{"id": "a/b"}, {"id": "c", "model": "x"}, 7, {"id": "c", "prompt": "-"},
{"overwrite": true}]})");
  CHECK(faults(file) ==
        std::vector<std::string>{
            "unknown key \"jbos\" beside \"jobs\" (jobs.json:1, /jbos)",
            "\"schema\" 2 is not known, 1 is (jobs.json:1, /schema)",
            "\"prompt\" is a job's and cannot stand in \"run\" (jobs.json:2, /run/prompt)",
            "\"num_gpus\" is the same for all jobs and cannot stand in \"defaults\" (jobs.json:3, "
            "/defaults/num_gpus)",
            "\"vae_tiling\" stands in \"run\" and in \"defaults\" (jobs.json:3, "
            "/defaults/vae_tiling)",
            "\"id\" must be a text that can be a file's name, not \"a/b\" (jobs.json:4, "
            "/jobs/0/id)",
            "\"model\" is the same for all jobs and cannot stand in a job (jobs.json:4, "
            "/jobs/1/model)",
            "a job is an object, not number (jobs.json:4, /jobs/2)",
            "two jobs are called \"c\" (jobs.json:4, /jobs/3)",
            "\"prompt\" cannot come from standard input in a job file (jobs.json:4, "
            "/jobs/3/prompt)",
            "\"overwrite\" is a flag of the command, not of a job (jobs.json:5, "
            "/jobs/4/overwrite)"});
}

TEST_CASE("a text that is no job file is refused") {
  CHECK_THROWS_WITH(read(Written("jobs.json", "[1]")),
                    Catch::Contains("a job file is an object with a list \"jobs\""));
  CHECK_THROWS_WITH(read(Written("jobs.json", "{\"jobs\": [}")), Catch::Contains("jobs.json:1:"));
}

TEST_CASE("lines are jobs, and more may come") {
  const Written file("jobs.jsonl", "{\"run\": {\"num_gpus\": 2}}\n{\"prompt\": \"a\"}\n\n{\"pro");
  auto jobs = read(file);
  CHECK(jobs.may_grow());
  CHECK(jobs.header().run.settings["num_gpus"] == 2);
  REQUIRE(jobs.jobs().size() == 1);
  CHECK(jobs.jobs()[0].id == "job-1");
  jobs.read_more(LastLine::kMayGrow);
  CHECK(jobs.jobs().size() == 1);
  file.append("mpt\": \"b\"}\n{broken}\n{\"width\": 7, \"num_gpus\": 1}");
  jobs.read_more(LastLine::kMayGrow);
  REQUIRE(jobs.jobs().size() == 4);
  CHECK(jobs.jobs()[1].faults.empty());
  REQUIRE(jobs.jobs()[2].faults.size() == 1);
  CHECK_THAT(jobs.jobs()[2].faults[0].what, Catch::Contains("jobs.jsonl:5:2"));
  REQUIRE(jobs.jobs()[3].faults.size() == 1);
  CHECK_THAT(jobs.jobs()[3].faults[0].what, Catch::Contains("jobs.jsonl:6, /num_gpus)"));
  file.append("\n{\"prompt\": \"d");
  jobs.read_more(LastLine::kMayGrow);
  CHECK(jobs.jobs().size() == 4);
  jobs.read_more(LastLine::kIsComplete);
  REQUIRE(jobs.jobs().size() == 5);
  CHECK_FALSE(jobs.jobs()[4].faults.empty());
}

TEST_CASE("shards part the jobs") {
  const auto second = batch::parse_shard("2/3");
  CHECK_FALSE(second.has(0));
  CHECK(second.has(1));
  CHECK(second.has(4));
  for (const char* text : {"", "2", "0/3", "4/3", "2/", "/3", "a/3", "1/3x", "1/0"})
    CHECK_THROWS_AS(batch::parse_shard(text), Error);
}

TEST_CASE("a copy of standard input is called so, and its paths are relative to where one is") {
  const Written file("input.jsonl", R"({"prompt": "a fox", "output": "out/"}
{"prompt": 3}
)");
  config::Violations violations;
  const JobFile jobs(file.path(), violations, batch::Origin::kInput);
  REQUIRE(jobs.jobs().size() == 2);
  config::Settings settings;
  batch::apply(jobs.jobs()[0].layer, settings, violations);
  CHECK(settings.request.output == "./out/");
  CHECK(settings.source("output") == "standard input:1");
  batch::apply(jobs.jobs()[1].layer, settings, violations);
  REQUIRE(violations.all().size() == 1);
  CHECK_THAT(violations.all()[0].what, Catch::Contains("standard input:2"));
}

TEST_CASE("a list of jobs has no place in JSON Lines") {
  const Written file("jobs.jsonl", R"({"run": {}, "jobs": [{"prompt": "lost"}]}
)");
  CHECK_THAT(faults(file).at(0), Catch::Contains("each stands on a line of its own"));
}
