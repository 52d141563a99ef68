# refold_add_projection(NAME sources...)
#
# A plugin NAME, in the file NAME.so: a library with the one symbol that the engine asks for. Its
# sources are C++, with <refold/projection.hpp>; or C, with <refold/abi.h>, in a project that has C
# only. NAME is made of a-z, 0-9 and '-'. Where the program `refold` is found, a test NAME.check has
# it look at the plugin as the engine would.
function(refold_add_projection name)
  set(map ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/plugin.map)
  if(NOT name MATCHES "^[a-z][-a-z0-9]*$")
    message(FATAL_ERROR "refold_add_projection: a plugin's name is made of a-z, 0-9 and '-', the "
                        "first a letter: not '${name}'")
  endif()
  add_library(${name} MODULE ${ARGN})
  get_property(languages GLOBAL PROPERTY ENABLED_LANGUAGES)
  if(CXX IN_LIST languages)
    target_link_libraries(${name} PRIVATE Refold::SDK)
  else()
    target_link_libraries(${name} PRIVATE Refold::ABI)
  endif()
  target_compile_definitions(${name} PRIVATE REFOLD_PLUGIN_NAME="${name}")
  set_target_properties(${name} PROPERTIES PREFIX "" SUFFIX ".so"
    C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
    LINK_DEPENDS ${map})
  target_link_options(${name} PRIVATE "LINKER:--version-script=${map}")

  # A symbol that nobody defines is found here, not when the engine loads it. (A sanitizer defines
  # its own only when the program starts.)
  get_property(options DIRECTORY PROPERTY LINK_OPTIONS)
  if(NOT "${CMAKE_C_FLAGS} ${CMAKE_CXX_FLAGS} ${options}" MATCHES "-fsanitize")
    target_link_options(${name} PRIVATE "LINKER:-z,defs")
  endif()

  if(TARGET refold)
    add_test(NAME ${name}.check COMMAND refold plugin check $<TARGET_FILE:${name}>)
  elseif(REFOLD_PROGRAM)
    add_test(NAME ${name}.check COMMAND ${REFOLD_PROGRAM} plugin check $<TARGET_FILE:${name}>)
  endif()
endfunction()
