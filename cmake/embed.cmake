# What is compiled into authd from other languages: SQL statements, page templates, style sheets, message catalogues.

# Every sql/*.sql becomes SQL_<NAME> and every schema/<backend>/NNNN_*.sql a migration; cmake/embed_sql.sh writes the C.
function(ombud_embed_sql target dir)
  file(GLOB inputs CONFIGURE_DEPENDS ${dir}/sql/*.sql ${dir}/schema/*/*.sql)
  set(out ${CMAKE_BINARY_DIR}/generated/authd/store)
  if(inputs AND EXISTS ${CMAKE_SOURCE_DIR}/cmake/embed_sql.sh)
    add_custom_command(OUTPUT ${out}/sql.c ${out}/sql.h
      COMMAND sh ${CMAKE_SOURCE_DIR}/cmake/embed_sql.sh ${dir} ${out}
      DEPENDS ${inputs} ${CMAKE_SOURCE_DIR}/cmake/embed_sql.sh VERBATIM)
    target_sources(${target} PRIVATE ${out}/sql.c ${out}/sql.h)
    add_custom_target(embedded_sql DEPENDS ${out}/sql.h)
    add_dependencies(${target} embedded_sql)
  endif()
endfunction()

# ombud_yaml_json(IN OUT): a YAML document as JSON, by cmake/yaml_json.c.
add_executable(yaml_json ${CMAKE_SOURCE_DIR}/cmake/yaml_json.c)
target_link_libraries(yaml_json PRIVATE PkgConfig::CYAML PkgConfig::JANSSON)
function(ombud_yaml_json in out)
  add_custom_command(OUTPUT ${out} COMMAND yaml_json ${in} ${out} DEPENDS ${in} yaml_json VERBATIM)
endfunction()

# templates/*.html, assets/*, po/*.po (as .mo) and the further files become tables in generated/authd/portal;
# cmake/embed_portal.sh writes the C.
function(ombud_embed_portal target dir)
  file(GLOB inputs CONFIGURE_DEPENDS ${dir}/templates/*.html ${dir}/assets/* ${dir}/po/*.po)
  set(out ${CMAKE_BINARY_DIR}/generated/authd/portal)
  if(EXISTS ${CMAKE_SOURCE_DIR}/cmake/embed_portal.sh)
    add_custom_command(OUTPUT ${out}/embedded.c
      COMMAND sh ${CMAKE_SOURCE_DIR}/cmake/embed_portal.sh ${dir} ${out} ${ARGN}
      DEPENDS ${inputs} ${ARGN} ${CMAKE_SOURCE_DIR}/cmake/embed_portal.sh VERBATIM)
    target_sources(${target} PRIVATE ${out}/embedded.c)
  endif()
endfunction()
