# kinema_library(NAME [TORCH|HOT] SOURCES ... DEPS ... [LIBS ...]): one static library a folder of lib/.
# DEPS are the folders it may include from (the arrows of the architecture, checked by tests/architecture); LIBS are
# third-party targets. TORCH marks a library that sees LibTorch; it then shares one precompiled header. HOT marks one
# without LibTorch that computes for longer than milliseconds.

add_library(kinema_flags INTERFACE)
target_compile_options(kinema_flags INTERFACE -Wall -Wextra -Wno-unused-parameter)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # GCC 12 reports an impossible overlap inside std::string's operator+ (GCC bug 105651).
  target_compile_options(kinema_flags INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Wno-restrict>)
endif()
# Fused multiply-add contraction would let two builds of one expression differ in the last bit.
target_compile_options(kinema_flags INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-ffp-contract=off>)
if(KINEMA_SANITIZE)
  target_compile_options(kinema_flags INTERFACE -fsanitize=${KINEMA_SANITIZE} -fno-omit-frame-pointer)
  target_link_options(kinema_flags INTERFACE -fsanitize=${KINEMA_SANITIZE})
endif()
if(KINEMA_FFMPEG)
  target_compile_definitions(kinema_flags INTERFACE KINEMA_FFMPEG=1)
endif()

# Owner of the precompiled header that every LibTorch source shares. Written only when it differs: a newer file would
# rebuild the header, and with it everything.
file(CONFIGURE OUTPUT "${CMAKE_BINARY_DIR}/torch_pch.cpp" CONTENT "// Owns the precompiled header.\n")
add_library(kinema_torch_pch STATIC "${CMAKE_BINARY_DIR}/torch_pch.cpp")
target_link_libraries(kinema_torch_pch PUBLIC kinema_flags dep::torch_cpu)
target_precompile_headers(kinema_torch_pch PRIVATE
  <ATen/ATen.h> <functional> <map> <memory> <optional> <span> <string> <string_view> <vector>)

function(kinema_torch_sources target)
  target_link_libraries(${target} PRIVATE kinema_flags dep::torch_cpu)
  target_precompile_headers(${target} REUSE_FROM kinema_torch_pch)
endfunction()

# What runs for milliseconds is optimised less: it then compiles in two thirds of the time.
function(kinema_cold_sources target)
  target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-O1>)
endfunction()

function(kinema_library name)
  cmake_parse_arguments(ARG "TORCH;HOT" "" "SOURCES;DEPS;LIBS" ${ARGN})
  add_library(kinema_${name} STATIC ${ARG_SOURCES})
  add_library(kinema::${name} ALIAS kinema_${name})
  target_include_directories(kinema_${name} PUBLIC "${CMAKE_SOURCE_DIR}/lib")
  target_link_libraries(kinema_${name} PUBLIC kinema_flags ${ARG_LIBS})
  foreach(dep IN LISTS ARG_DEPS)
    target_link_libraries(kinema_${name} PUBLIC kinema_${dep})
  endforeach()
  if(ARG_TORCH)
    target_link_libraries(kinema_${name} PUBLIC dep::torch_cpu)
    target_precompile_headers(kinema_${name} REUSE_FROM kinema_torch_pch)
  elseif(NOT ARG_HOT)
    kinema_cold_sources(kinema_${name})
  endif()
  set_property(GLOBAL APPEND PROPERTY KINEMA_GRAPH "${name}:${ARG_DEPS}")
endfunction()

# Relative ones, to where they are started, let test programs run on another machine (scripts/gpu/pack.sh).
set(KINEMA_TEST_DATA "${CMAKE_SOURCE_DIR}/tests/data" CACHE STRING "Where test programs find their data")
set(KINEMA_TEST_MODULES "${CMAKE_BINARY_DIR}" CACHE STRING "Where test programs find what is loaded at run time")

# kinema_test(NAME [TORCH] SOURCES ... DEPS ... [LIBS ...]): one Catch2 program tests/NAME/NAME_test.
function(kinema_test name)
  cmake_parse_arguments(ARG "TORCH" "" "SOURCES;DEPS;LIBS" ${ARGN})
  add_executable(${name}_test ${ARG_SOURCES})
  set_target_properties(${name}_test PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/tests/${name}")
  target_include_directories(${name}_test PRIVATE "${CMAKE_SOURCE_DIR}/tests")
  target_compile_definitions(${name}_test PRIVATE
    KINEMA_TEST_DATA="${KINEMA_TEST_DATA}" KINEMA_BUILD_DIR="${KINEMA_TEST_MODULES}")
  target_link_libraries(${name}_test PRIVATE kinema_flags kinema_test_main ${ARG_LIBS})
  foreach(dep IN LISTS ARG_DEPS)
    target_link_libraries(${name}_test PRIVATE kinema_${dep})
  endforeach()
  if(ARG_TORCH)
    target_link_libraries(${name}_test PRIVATE dep::torch_cpu kinema_test_support)
    target_precompile_headers(${name}_test REUSE_FROM kinema_test_support)
    # As a library is compiled: a precompiled header does not serve both -fPIC and -fPIE.
    set_target_properties(${name}_test PROPERTIES POSITION_INDEPENDENT_CODE OFF)
    target_compile_options(${name}_test PRIVATE -fPIC)
  else()
    kinema_cold_sources(${name}_test)
  endif()
  add_test(NAME ${name} COMMAND ${name}_test)
endfunction()
